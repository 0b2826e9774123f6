# SAM runs one target and passes no architecture: the folder of the Makefile that includes this one tells it.
# npm installs for Lambda's platform, whatever machine this runs on; sharp brings its libvips as a package, so no script needs to run.
build-SharpLayer:
	mkdir -p "$(ARTIFACTS_DIR)/nodejs"
	cp package.json package-lock.json "$(ARTIFACTS_DIR)/nodejs/"
	npm ci --prefix "$(ARTIFACTS_DIR)/nodejs" --omit=dev --ignore-scripts --no-audit --no-fund --os=linux --cpu=$(CPU) --libc=glibc
	rm -rf "$(ARTIFACTS_DIR)/nodejs/node_modules/.bin"
