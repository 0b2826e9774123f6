export const USAGE = `npm start -- [FILE | FOLDER ...] [OPTION ...]

Runs the pipeline of template.yaml on this machine and uploads the given files under input/.
With no file and empty storage it uploads a sample photograph. If the pipeline runs already,
it gets the files. npm run upload -- --help says how to upload to a stack on AWS.

  --port PORT             of the API, the pages and all services but S3 (3000)
  --s3-port PORT          of S3 (4566)
  --cloudfront-port PORT  of the distribution (8080); 0 picks a free port, for all three
  --data FOLDER           where objects, queues and executions are kept (.local)
  --parameter-overrides NAME=VALUE ...
                          parameters of the template, as for sam deploy: docs/parameters.md
  --api-key KEY           what x-api-key must be with ApiAuth=API_KEY (local)
  --allow-host NAME       also answer requests for this name, with or without a port, and not
                          only those for 127.0.0.1 and localhost; may be repeated
  --allow-origin ORIGIN   let web pages of this origin, such as http://localhost:5173, call
                          everything; may be repeated
  --verbose               name each rendition of the given files
  --json                  print the addresses as one line of JSON, and everything else on
                          standard error; upload no sample
  -h, --help              print this`;
