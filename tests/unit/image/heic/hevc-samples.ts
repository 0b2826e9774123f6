/**
 * Pictures in HEVC, which nothing that npm installs can encode. x265 3.5 made them by way of FFmpeg 5.1, with `-preset veryslow
 * -x265-params keyint=1:crf=12`, from samples that a script of NumPy computed by the formulas of ITU-T H.273 (`crf=6` and
 * less for the charts).
 */

/** VPS, SPS and PPS, and the slice of each picture, without start codes. In Base64. */
export interface HevcSamples {
  readonly headers: readonly string[];
  readonly pictures: readonly string[];
}

/** The picture of `paintPicture` in six tiles of 64 × 64, in rows of three: BT.601, full range, 4:2:0. The last tiles repeat its edge. */
export const TILES: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn6gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn6gAAAMAAB6gIIEFlupJG2ubAgAAAwACAAADAAIQ',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGvBHjqS8pNdUCt9N/fSnvXErD+NXAZ3H76ok6ouPl1RKhvwwp+PlK6Cy+Up6xE/L5KQkLrgstHrVCens1dUGBNLICtX5j2' +
      'HOs6mbPQLYl1Cknjg9a/MIbFiG4NTNnc2nAFW4iapxV3w6NZuBaXkpn/P3qDV9f9Dq/t+dJHdn58V7fuwVeHQ5xbldifScXM' +
      'vePergoHwg0BX4l3BGv1NAn1yrCHkiWD3m42i5m38XwV9zmv/b0vxCt2vN+mfqrwsKyaty8qmSONvT9p5vIhXmPDCwyXCXus' +
      'wOQbSJpYyeuILpOu8waijnt6vQe5GYVex/Ab8EF7rRTN9lHAOkxZlwoiqYLNjxKLZ14RVuo0N7g63/U/TyCMLuzeO/o9233t' +
      '+gCNyMf0qu9quC86Vs41v/4D32Ew6ouLUufKVBc4w9MzpIpl8BEH8Ht4OEx8BT8vJPauBIn4ISkuWQ1d0XQmcuM+2Ur+qyml' +
      'OI5sygG2Xi1YK+z5aebbjaMHOaHwQNUsdtyq6i91HPmz2tWgfhqpkBEK4VQbmA42G8K7KzKQUGUaJ1Lz1D/g',
    'KAGvBrjlaBPePPRqGWG/0PZAfijb98XyQFvDg4OvdKe/Qi+A2c2QN9dY4MYaX8J4sxPiQokfB91ybWNoynwhflHLzD6fUu4c' +
      '0OjwWdqEt3l0GT3fqGQzxvwcq45opyn1SJuSjLbdGdw4xfHTF0on8YTerx01Gevsd4FIe7pQk309TmBrda8kbIXbbPRZxzJb' +
      'mBYrk/wD0169FQJ4kYvJ2lpJHePIlWbbl2SyWn1gIyB+Eiu8RLUAoL2jNH6kCeBM7gQ1IUpajgUx9Wa0FvImhu/R1vwAU7GR' +
      '2ZnJsOSBuyyO6b6bmc9DlFdZTUdKLybt3VcBhvRge2eO0Tl9scRgk8SXKaOh5EbW22t68B+x2QjscS3LsvAxG0n8/86LryVm' +
      'SLa4PxVUIMOzHzRnQ1fS7xL+oC44L2+AlfHuVGJXZ82Fti76RcXQV8LV0KDOAGj3fx89a2jbg8YszuhSFPCpzzirWDDFczDI' +
      '9+jKpQAcN+zcttr5v0NntGDvXPmIOgufyWLJs9eLU0FrBDMwVzq9m5pPQGo/cgBqvC6jq4uQf6Z30fyeogq8oKbBmgoXFYhX' +
      '2Sy8wWU7AUJ7agt8scItxnCpiLH1X8nOMIbq8fOGkXHqIWoM9WIng3/he+8r3rI/lWLsipaT67vSzB7qgbkJYXQkeIEpR0Vy' +
      '6PzvW4gb2DyOKNVqD+Q2hhcRRV+Qr5fTbgsWELtG8wj1RQjWS2wxzMNk2wz42wIR1dlZT7+YaoqdGMoygCp/ok7vOZ8CejCH' +
      'CShRH22ZWGTIvZTNR72UJlOKVYn9xqvoh8Kb8JG28MiDyh4qQ7vBoAQVxEREFnc1MjrAC8i4fS6y0SG72LoNmi7bfZ/Hrziw' +
      'OKNlY/aI75Mg1WSeepVc//dBvXg9/G1NsuKS7Lqyvw4HkqJSToTrRrzr0WJebRmExuICzf5HyfogwqR5Y9jkEi2QHx67ZL7w' +
      'LSbfiu9ok+kX276TysBCtub56Xed5BqXxwWAT2zl3+/nLU83ls9VYrLMWo5IygeNTKUQZ/ukikgD73OgPrGPUJ95yDWCSvta' +
      'NwWKIUlzVHBsnSXwDG4WhmnCs8Smy707QxRB4X5Ks3uRamqvmckc6q/n7ZkOyzflKTiNpS6XbdvBZBwSYeav+9/zqobifyeX' +
      'BONiP+Ds9ak+PCQOOe7E76tEL7I46STSN9KQ6FLGaq8Nj5TZN41iSjB47RWplzt0rslxJHDgPjxb5JcsPK0JnTrHXtD/afhg' +
      'gz3lC91wNTdoCZxBzwYp1c5KL0DkefnNIUv5OW3DqZoUpop9unEMwnaUuDjA',
    'KAGvBqjyNcQzIJ/M7Tcf8CY0cf0bCdwRiuSdKcB28rvp+8VWNt+HfjTsOv4pf70Hq8jc93awmVB7E+ZDPfpPYzbhZ4a+1tsf' +
      '30uWIcImdmObCOL2vFVf68G//SsPBdkk5DFWoWkESCElRLL8LITGTG+OGWyvAopBx+eeRsJf5svNHwI+Qu3bdIjYTOvJ0OQt' +
      '7GBHFRHqaq5Mr9e+CmbwwDwdKB00GWuuPw2lEsnIzSzk9yLBwO4vYyU6Tsco1WSY5O19Ug2hnQEkKzzgrA5K5XzWkv1UQ1uC' +
      '8rFvAXt/VK6zLwBHcV3LPTtN5Z6SXYqG8s2GElmJoEkqnh6FMdbuE7JRtfQQgo5hcYT0XOobfw6M/XO2sbxFbgLUIiWU5f2V' +
      'hY2PeOqhOdVhRfLsVr3FvnAFkCmIsa6sX4n+FOOtCVwrFA4TQajqPw/AjmmULFzrkdglaGTSsytnp0y2+QqH8JrEv5+pkdiF' +
      '9tT9dg3glyqIejeWuKTxLoheKZLC+d5eGg8JqbB8aWBHRm1H4M0UlpbMqMFGJ+371EMfXOVHzfVEI9G22YyfE5K/B3VDmDL1' +
      'D2F6cd6uIkFBRZ8ae1hiU5ZQLZImFx1uBZlh3qmXBVdEWv/2LYfDl0zySQnogrKhGPS3Y0Rm9a2H53tQivxDEyv+yPKAeFBT' +
      'ME+0RDcgK2QIKVYiTw34Fow21Y9yJSpQM3qi0sUCDZNlkdvTFfZqJSpImVP68tF/6cTSNpF82wtBt9/wbrklA9/K4K8+4QyE' +
      'RdR7lk47EkM6SetAQoOgM37vcTMrJSmjL6rifnq86CNXlauHgdKGqNY2JdWyoNvd2PBocy24i21V2AwGYgi8vmPy/5PhhsWV' +
      '7fzI60uOrazo2smNGs7pbYDUQB7FKd6i3p+zxjnTzYCrAGZUtURUSosxt1xMbOXz4sKUnO4xWpFX81b7rI+KpBO4vFls1apL' +
      'usiWKt5Q2f2kmK6519wDOwJPm/3AaQMZUhntdIOw3T8CplrQLviCw2Pw8zPAmpfveZsv+ihuts6GXJo8g/3/yS/TPLvJFoAq' +
      'zfwTfZqO4wdJdsEZK4iOAmgG4r9vW2CwywtUqC2lCMXNPObaj48ttQyK4YygDZYtGvq/qt8KZsgUqdDr1SWunhvheslghiMf' +
      '9pyrb5LOGuRryNn1A8YD9fAOVEOTI/5vuRuLKVnMapKetc0ZZjJh969vdfza30YTBQlG0/GcSH1cGGftV/JLyLCyzxSAdBQG' +
      'K9at6SIz7iQeXkp4qHwUuge1GF0cMGDLwiExbfaFsaMfp3MhlvwUtEOeJm2p3muy118l7v6D3ke93vNaUHdb/duoBOty7+fr' +
      'PCKybnWBFyX24AxK6sU+cGjb8UyJl4ffa/LOIJUnolFNH+OxKPDf73VlH9tlS/cp1I4+FFVtNgDLOXIcMwjOrIaDEj3A+UYZ' +
      'AWoqmF1yhp/dV/C91SMedOeox+D0jV5kPg==',
    'KAGvBqjyNCr37Cw08lQoidrW1byBOr++nFP4494OPB5iSzY+J/JdrbkWnmWPtcMJ+zNldcGArrmV1Huibd//GNh1abEjJyeI' +
      '0qrnES6DAsG4kH1WskWuTxVtXrIdGWUClxaPIar15tXPSJ+6iCmBKWB/9b6/7gwCS0Bxjswn227SvDb9rMik5UKZry3onynD' +
      '2eO13Jfh7JoiHvxBrswlLxFLIt43iuQydllnnJdE+NcWJrBJp5i6vzlQVca6oUt2rua0VMOj8tXmF6Z2G8ZcBSOdhsY5j5dy' +
      'KnorD+JaoIrP+DPq5K6nn4Ul6ic/rOc+QC3mpNK8v4LmkAsMP/RPCVTnX4twQGazNAExVgd8lk/KVc7SGsZsA7TYNs41gIYI' +
      'oEYi0YIJOut4LQnKXPeGXJqFGn6ppmQN0KApVI5Y8pVvK2aEYU8QxcIK7PKO4nrxUyNOdmaBMqcvBroDfhega2XQaKML2tO4' +
      'Ptp7vq4Wjm5r8a5LqFfzeF+1r3GDD7wgxTs6nVsjYhfNP9IjmjzyxAzlMO4WeHNtKiAKa1cyVKqqoPaKHRCmnRfUORoJmqFX' +
      'LrlkxHZ1oQM4FD2ryRcp5mZ541YaUpjAOg7+nSaoU+nVm6/mQWME64gkdCTX0Zz0KfNsWDvuVObBsbYlFsUupmH9xSCsc/4K' +
      '4gOfDegnQdkVWCs5CGEjtk+31aCq1ed4qfMpYloSkvLl8EOSzGxi+06bP070wUySTj1Wr45+XX2mNS6K1lcIFZe/ujEbvV6+' +
      '0jmd5J63sqyI6pOznAzOW5Paqisg2ogDVGsDSYSLaGiaSpnmYZLV1ThgUOfWB0h/ypayOXS4ZnR/5xz2DlWRqkflGsopD3Or' +
      'uKZOmsNryB+WtviCOibWBPJ7mi0vrvUPz2ixNJjYVK4OquS/eMErowQUQ+mM/bMBqKDuZMVllK8VRiQTZ1OEysNypYsOt+FX' +
      'MfziAtMPjauk7NhDU2XMXi/tBZLlad4hyq379ztNf8hZJo6kfTyVIJ7mrERKM5vr7qiHWmk8nGP2zwp1KtPaq56/6iK2cnz5' +
      'UFRKMlKXe5aXikoN7RqK5vOv8vTB3miIHisnsB2KDn7fV/nkJERaAvnLCg6JGQuB/8tw19Xp5QJT5DTu3+0WLEH5BACfNt64' +
      'Fat1uu356aEyy9aQ80v16JvuqDedsr1PV6iGOcJng+jyyCkTjw==',
    'KAGvBrjlaEmiNNIBP8Ct3QMuLEMnL+eDcyf/mZYDPrrQe8rczmPdMHJnZj6y8HXHQqcpYHt6LnQIlOurg3sef+N4hVj4609u' +
      'sLnqc055b+YazDLui0LBnDQuftlHcpP1YbZHULq8j/4F9TA4kJs+dJw0cOk4MZGJTE8CFx16Ojvs4FSvccbQFK86KI2PIxrA' +
      '3tzpcEp8AOOuvtfxay1w0yNayKsxQ9SHv+1x9FJg1GGxBr3ijjWwIJwgPoF4fjlSxu36GysWRmIuiGbdX+Cl4iR9bvEQG0TH' +
      'ihJvpFiXn4HGOcqKUyNeZtBnG5Mh6Qsgrv0D848JINFe1osjKByu0a+CaNP+h+fnHZFU/0LlM/EJEtnhd5lsezOJlPMcrVpG' +
      'B9F5p74bWfOH6yY3lyTaE6p8Sfx5ir/y8yp7IFURxIgfOItkesNM9yYbFnwMzrW6XUmoKFa1G1tLdIMN04C6/vJzFIgXzAqV' +
      'BylsVcIIIEg2emubecRi9rcCBMtNEGy8iCXxKaIWCwO9uUq9OaM4EvRNK4bqZIBv0eVkcAbOzSA+OtOHV4rzFqZD0SHBbjrv' +
      'Vi5Tr3rSqvZjyoAKUuG8YqSzHywqJEXop/vjRIeOl9W35OsujtUHjH82sz4U/n6Lc1jA9naWDbdipf/ePAgaYZ7QyQ9+Qdcj' +
      'QJzuhRuFPcmdud0khZfbWxg6fkW1tBD/EBZN9q5sqWPLeJ9ZUTPw6GMnw3eD/mga/bg6Lp7O0eVXndWt6qFBkrUmtXDXD61a' +
      '0+zU2/KZQ3THhTLfjbJM8gMSWzbl4dfiyf63/UBGWF2UkDooebeA5LYxYqp53Dy4jvfJXKJyEFKrI2lki+Yzv/XHXWVNw/1z' +
      'k4Zr7yCCl4CSKyHES6ivtBUu5dSJ+6tkZa3gdG0LwTTbklod6YABtJQ3ziYvSg0S+KhBK7Hu5eYDF6EB6cK7cF/rf2GxvnyH' +
      'KbjvTQ8xML0x47Zs0eP6+Kgen+wUNylloQRILR7ZsfqG6tcOwnuvrfZ+MI+hJeslLCDOFbExXQ/Nh7pZtyP0EHnFlIWa9de1' +
      'SgmszSfaWK2iF2s7EJZChw3IYrielVhAlngalE2+1rox0bAv3aWi2b7ZPHLi8PmPGUT7LqEOLQM9XAz5qnziu60+zqLMnudk' +
      'z6nbuti0wtDI3vaa73zefXkM/orhfB9Q5UQYZGahu9SG3MCr8UtYTtvsEc12SWluofks83P/PfRVbtbEeqJFiTJCKAO0sQXS' +
      'pHG6omOmbdg+Lh9g52LlyKyvNqY5ZOJyp+opvo8nIu1yeIj0fyNwlrQnEoDX1kWlBSS0JBfdjvU6LKsY6vH0gn/fHwNw66lw' +
      'EA7Qd5Xm3R1LXnIfEVQ+YmLTKXB+yqznEOeprQa9WymMgdLLACO7TMKyw1KvJmDunEMStnSjkYkhK0tvPeYMGaN7Po1gRbcl' +
      'z36MCd459D9Lj8Yg1ntnhtvoGkhQdBizmHNff7Cj9efhS3zXxyosLuI2XdcxqRv5ZADVYE+j7KZ/9FNWKjMb6u4GEEsTx2m7' +
      'm3oX+vO+7V9Q/nqrwl7qtNMgDfPQkFysJGiMlQlrTg==',
    'KAGvBqjyNCr37X1/CNmmsrPzvqP1VkM76ypSX623bOk9/2vRplomY+85l02UDwiB2Uw0GDpYmvBMV2RLLCfO5FNv39Z4fu2H' +
      'GUoLMk2/cy9EX7YiKz/lr4UcR9o5EQGcyTjHwHSXFipjXpAWQAfkewxXnlUlDQA0Yvtgv9bs4E4x7QU/RWE4CiXznBGgi9pw' +
      'H+q3os14f0sZQH0ijLLFhOVKILmzMxVWbj3sttf8awGtnka+cUQD+CrOKMqdPfd4m5UJb1AQ8uX3yaS8FXLV8Igw6WZPqd2H' +
      '6SC4PpnfiDYrmeM+J1BduriZt+oluVRTVahm0TwKN0bR5XkfKqrAG3tJRMGCa6Xabg3myTIev9kz+PvtL0BTSst0BdP6wEJC' +
      'GndQz0rrnxhESlQjh2NFTr+ioOL2NT/RAXirhoVN1AI+bfT/ja48vUlNeIr2kl7WOK8v3UgpgbHY9X3biOYvhyCGgy6YrlJJ' +
      'j8HYbF5eZ/+z0YKORd0RAiEihbUcfI+OhCsWrLlQb59sqtXOPXnu0uD8G330kOwW6xGa3KSPQQc2Et7iemQ0AEwycsO7R1GO' +
      'hZXrD8ALGuEKwr5w1rJMRKZHAdZKRHhYTs7FxN1bKPG3DVR/XvtBmg1IrHS78iaz1NtkhIlhApvxlPImw2ykhf7LpvwiiC+O' +
      'GafwlQ9gnhlG61+UJqnMj9dXZzAyR2WtjnsGXGK72eK8Ejnj0PSVXn6wtxAl+/I+lCuvpl4RR0Zi6tBRWBJIgGo5myFsu4bQ' +
      'y1CY89TcyqW/wZtVIYLGGitpOcZH/wLR6Z5ADawwALx/vrPjwuRnIM50oxWU7rx5nEpdAA76TC16YtlHf51LINHBfc+xjQ44' +
      'l8uA0Ch0rq/yXN+rlZ1j1EAMyMsXGzt+0gXRBlIIz0FidfCCwWGGI1SshBVQzC+Hi0mR/GvWhPQKYpBuCZS0HTEAapZA79ET' +
      '7gtwXFDMtqiSmqB2ATHVfUY2CndS4sRaQED1iH0sI6VR6C+crdqa5HBZazRzy5a11FW0o8vy5JTGINP2bJ3/UrQ/oqrlSrUv' +
      'xAgMj1Vxtmq6clrO58qrVQlSBKH6B4ZfIW5dKecW+5+AW8hdL/sURLPeFc+ca1f5y9WldZ7ad14IaIfmB+5AO+mapU3uyIX+' +
      'p49qYgqwFXLLmTlnaKvkdwMi+oRukKebuGIUoaUR5D0pjHU9BhG3GY6Pp1jpEBwGcablibjTc/ZRU+eOB37YkeEavX12wA==',
  ],
};

/** Its first tile in 10 bits. */
export const DEEP: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnagAAAMAAB66AkA=',
    'QgEBBAgAAAMAnagAAAMAAB6gIIEE2W6kkba5sCAAAAMAIAAAAwAh',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGvBHjtWfsrDSY3NoJfB4oZZnIt38S+zbUEKVxj7xEmg+zU32PiEHbSbsyaSWTupobwCpuepTxf9JerD+BQBtVlKvWEmFzS' +
      'vmJ+5Cp0ogLIp0iCmCNC4c0vEe1HBs/5QA3EjTWcqH25r0i6t2nB2rBWEpj8ururob7peALBG9NVlraPj1VxGR3s/5SRQeX3' +
      '/SmtQsj+XQWzJqb/6u7h95tRQOsab9+CE6amu/En0DuARdSosRbF2XrygmLFz6h8JopQgkyVNM9PW+Xyd1cnHVWtqZkscmbN' +
      'MT/b5Nm25v94A16Aoja8Eg45/9PR+31r16rTZurh8dGr6Vr3msbqXNndbMV2wydsVgWKEn3ntdc0amnLPbr5HLBh4HWwNRy3' +
      'MprMeOLp879CkU0Js+fbBWD94/gUt8G8fMqjaAJsjpTdv5+1bzACCKD2F0j5UBTLPCIy8vMesTKqrYrwCA+P8DA=',
  ],
};

/** Its first tile with the matrix of BT.709 and limited range, which only the container says of the matrix. */
export const LIMITED: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn6gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn6gAAAMAAB6gIIEFlupJG2uaAgAAAwACAAADAAIQ',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGvBHjrrWWOBvITpo/zWnNgFVY6WhJkWPuLdzSsHitivyYcUHxvEnRbl4DnDwQfxMqRtLmEiH/5p/BknOxDHuRnLn+h5RHU' +
      'hcc2+olxNuz5TPL4INRPVJeGDRG/VTt42deK4uO8IiVC5+xiZdeR5jj5zyW6XVb0BjxNHhoJ9FjOMMgZ8Mr2gBiiY0aWKond' +
      '9Yf1W956pnAbLo4ROASK7rsW0dNivOLJTFpLYg6i+rrPTCGsQbe8dPYIW6h/nT6QoLPFXwVNkI51nB+Eg2VssXIxN33nkKUK' +
      'UJmfVXuw1RNK9GhDaW6cRUqGiCWkH/sZxspr/4jQBV4+ozpETw6tDtGAf7hbU7yKUK2NbE3sXH64DuFRuzcP1D75feT30nVt' +
      'HF5Lq856CpS3qJHiF32R1CTkEI2+CruHnJNLICZThXepUxgqYUNDHUEoqvvIR7LTZXJl+27GjmMhuUsF9GprvAfIV+PB+1f8' +
      'quTH2ohIgjWs+XZSXGjA',
  ],
};

/** The first tile in 4:2:2 and 10 bits, as cameras write it. */
export const CAMERA: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnSgAAAMAAB66AkA=',
    'QgEBBAgAAAMAnSgAAAMAAB6wIIEE2W6kkba5sCAAAAMAIAAAAwAh',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGvBHihwI/emtX37e8UL+jzQxEIdvgbGDDdXYq9i0IJg08y4O58gA+M+hEkbafWwA28dvZ4oSITU20cFrbQeZIRATLMBz4o' +
      'CfpJ3EW2lAdiQlCqCQhQKgpf15F+rJxkYs2eNg0R0B+jCPOtCwvVJg8qLPhXfWToC2iSBygE7fIp//9S/toee23lRwUrEzeS' +
      'M0P5O7vzFBIBbTwxyE60wqluJcUr3TPcM4nVsCaDsAfPUBy95+E1DkFta48L/rq7Gk5YlkP81SEw96NMQUoh3ssx1D2r9Ysr' +
      'Gj7ss7SEoVk7kv2oDf9NEepuduP3Gt1vWY+0McWjf9/QNz1X7yvm6BfBx1RkCPocDVctORLVwHnEC5dMV7htxh8lksu87lqG' +
      'Rvk3NfmX65oVWbHunDXwp2Ak4JUN32FyHn5ndpVBv4Zf2m/Ol0zcU3Og5OdGVzo73MhL4Gbz2Of+WI/pn2DITFNNwHpPqDHS' +
      'F7LCHOqSVw4bGTjO5FH4N1UZtgR3rQr2NTsp4lZ09eFY9zka97B4Bozcp0nj+++XAPgdQwwDEBke2zlWfOaWnN2G6QR19ps5' +
      '7Oej12h/YYABAtC9uIq2YUlFr9cy5mQkDsJ9gW1bMGiPMVkkmpt/zm/8qF+mXNA=',
  ],
};

/** The first tile in 4:4:4. */
export const FULL: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnigAAAMAAB66AkA=',
    'QgEBBAgAAAMAnigAAAMAAB6QBBAgst1JI21zYEAAAAMAQAAAAwBC',
    'RAHBcoYMAiQ=',
  ],
  pictures: [
    'KAGvBHjrrWWHjfNtVrQz5SbAqEq599tinb+u0HUDJtab93Yrq1DCcBQ9ZE6e1QoRdbMblrQWMHTf/+avjIZ1rop19qMHw0Mo' +
      'T+sl/K8/R1KMyEBVT538CictDynfdz5/dQ/GFw60fKLqCqiyRObTrO4cYWlamdRcmZf1TUd2ony3//ZRv4bxHbYBcdUKfPwF' +
      'Dr2aMrnwKGvxihaMOf35SPLc6H13kRbbmy/T06E/XkSMRVFLO8DwzUMfCWXpiYdSx1mEcjSTSfN0BKW238IGk3FO83kRFEv9' +
      'UGg6F3N3tWxxBt1k95ffWPAwsifZRcsxtIm09edTEAQXBgimwP25IENmJB554f7tPWmfZ3mRu+tJXyni4R6oD0srPv2+xuvg' +
      'q7HDKv6uwWMXiZSnQzY803alY4sfrxDILwtvtcPAyrZ0VHZR4Bfwu1WuQewgNDNhIAt6+2Ux/IvKfKVoq4nhQ3Xu7meiOUc4' +
      'sSLoe+aZFLwW7HABFBRLTON+jRnGk6i7WvZPCUjseHWdmsazsaJA7A==',
  ],
};

/** The first tile in 12 bits. */
export const DEEPEST: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAmagAAAMAAB66AkA=',
    'QgEBBAgAAAMAmagAAAMAAB6gIIEEUpbqSRtrmwIAAAMAAgAAAwACEA==',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGvBHgYDKw0mNzaCXweKGWZyLd/Evs21BClcY+oN+g+zU32PxEHrpQ/I+/tuxDJrOuCRAS4Rb/2nOrgmRKqzYoCrGgWH1ri' +
      'tbAo1pIyrtP22J33peBxD3/g59Nr7+KCkCjjWw5cXX9mmr6IXHJWcJ9D47hlMl+AJ8fnrcU3NIW7vzRN0gDXgjv+jE+USb+p' +
      'DrXUdTTvDhZuatWeQHDymx06bztpZzdJAJoWlIYqbGacZRtYvQhWt/NSVsOPzQ2z2NMxeHHTtkb2zvWwZfhsHCjcqKPsv12j' +
      'QwUzIIcLsmYtL/fXO896X3GvJm7/+eEAmHl+daSECrZaPRCAVlycuqCk2dCt8HdB8dnAFCFrz2nOgRRpcsWi7g/lvWsMCh0f' +
      '19tVAqxGBeW93R0kee72KBjtD98KTXy8JVUG7xZTwLf1TG/d+MOJn+XerDOoV2qPrD812suckHw2fxWegS4AKDOVgvE=',
  ],
};

/** From black on the left to white on the right, in grey. */
export const RAMP: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn+gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn+gAAAMAAB7AggQWW6kkba5sCAAAAwAIAAADAAhA',
    'RAHBcrAiQA==',
  ],
  pictures: [
    'KAGuCvBxQFDQeoRCLgaYx+jYBKC1iWf8Y8Z8+L+z/Lgn9Hbf5zT1QV4FPGhLqn5V9X7Dui77dbeQtD6d0Yr4NqPvhztgdh9i' +
      'xgtUQQtYBmYb8f8gpup/qJyeyBN6gsp8+r8ulUihuZpKKb/nfnjjEBz6bvU209IGrA==',
  ],
};

/** The chart of colour-chart.ts in 4:2:0 and BT.601. */
export const CHART: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn6gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn6gAAAMAAB6gGCEWW6q22ubAgAAAAwCAAAADAIQ=',
    'RAHBc8CJ',
  ],
  pictures: [
    'KAGvBfiEOd1f/8JN5RkrveDJ9EoPq1hcsN/uGcTOQ9cHJDm+BIh1U/oduEC3+J1jf/9t59D9c/8FZ83df/6mr//vh4FFf12q' +
      'Xj756Kt5S5uUfe2Pf/OUKx8c/AdG4GP+bw//DZnA',
  ],
};

/** The same in 10 bits. */
export const DEEP_CHART: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnagAAAMAAB66AkA=',
    'QgEBBAgAAAMAnagAAAMAAB6gGCETZbqrba5sCAAAAwAIAAADAAhA',
    'RAHBc8CJ',
  ],
  pictures: [
    'KAGvBfiEOd1f/8JN5Rkrvdi29EoPrNpcsN/t5+TOQ9fOKQ5vgffNVP6HbhAt/idY3//cHvQ/XP/BWfNBV/+mHf/74DBRX9eM' +
      'V4++YNreSvrlH32n3/zscsfHAGHRrLh/m8P/wrTw',
  ],
};

/** The chart in 10 bits, with the codes of PQ and BT.2020 in its bitstream. */
export const CODED_CHART: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnagAAAMAAB66AkA=',
    'QgEBBAgAAAMAnagAAAMAAB6gGCETZbqrba5uEiAMCAAAAwAIAAADAAhA',
    'RAHBc8CJ',
  ],
  pictures: [
    'KAGvBfiEOd1f/8JN5Rkrvdi29EoPrNpcsN/t5+TOQ9fOKQ5vgffNVP6HbhAt/idY3//cHvQ/XP/BWfNBV/+mHf/74DBRX9eM' +
      'V4++YNreSvrlH32n3/zscsfHAGHRrLh/m8P/wrTw',
  ],
};

/** The chart's red samples in grey. */
export const GREY_CHART: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn+gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn+gAAAMAAB7AYIRZbqrba5sCAAADAAIAAAMAAhA=',
    'RAHBc8CJ',
  ],
  pictures: ['KAGuDXC/Fs/7LiTCte2+odO/BR23QfRwzAQ8bBPDe42aOx9AM/ff2A2VafwLredb/0Ghxz+j2RA='],
};

/** The same in limited range. */
export const LIMITED_GREY_CHART: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn+gAAAMAAB66AkA=',
    'QgEBBAgAAAMAn+gAAAMAAB7AYIRZbqrba5oCAAADAAIAAAMAAhA=',
    'RAHBc8CJ',
  ],
  pictures: ['KAGuDXC/Fs/6ffjCteuYOdO+75w3QfMVQgQ7XV/Deqd87HyGLN9/UAr1p+53N51v/G6HHP5VMMA='],
};

/** A tile of 512 × 512 pixels, as phones write them: its left half is #3c78b4, its right half #c85a28. */
export const LARGE: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn6gAAAMAAFq6AkA=',
    'QgEBBAgAAAMAn6gAAAMAAFqgBAIAgFlupJG2ubAgAAADACAAAAMAIQ==',
    'RAHBcrBiQA==',
  ],
  pictures: [
    'KAGvCcQbCqWWSOSAITjN//pV+993H//caZ0HNyvaRs2VGTklUAAJq/7jlvf/4Cyt/vfo5Xv84IKAsgABT6s+rmsAAtwBfWAb' +
      '23ODxpBUiTTyXAr2BPUvggXbNcEkzd9xPmF8RCSVhICTAFwBJgGFnPYucHjSCpFa3i6RIw87Md1zhQ+kzd9xyKqAAAAXkIcA' +
      'AAMAFJNi2dqt4NjptnSfsUwJ6ofdTp82AkmbvuS4nwAAAwE1AAADAAkPJntucHjSCpG/VILw7zXhFUUdkHgSTN33KKEQAAAt' +
      '4AAAAwCgeEvbc4PGkFSPRMJ6F7zXhb68yBjbHSKOYfDKgAAB2wAAAwN76P7Fzg8aQVJCW2wYlwJ6pqKPCNzQEkzd9y+PEAAA' +
      'm4AAAAtj0f2LnB40gqSL9tvazaMPR2ju/4hwJJm77mEeIAABww==',
  ],
};

/** 512 × 512 pixels in 10 bits: Y 300 on the left and 600 on the right, Cb 500 and 520, Cr 520 and 480. */
export const LARGE_DEEP: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAnbgAAAMAAFq6AkA=',
    'QgEBBAgAAAMAnbgAAAMAAFqgBAIAgE2W6kkyuAQAAA+gAAAPoCA=',
    'RAHBcrBiQA==',
  ],
  pictures: [
    'KAGvBHEG6uok+44gPBKaef1N///vv9lPmZaJZhEGF8xumTgVDiQAAAMCdfJz8wSTI5xP/7+YIZJ/4qwAAAMAAAMAAAMAA3oA' +
      'iyoeKAAAggABPtgkzi/fTXGl4YAKxiz2zGzG9ZV6t+9fYCejc0wmWAJQAcYD6gAAAwHUABTQAuiGAbSSlSR+fgk3zZUmv9xm' +
      'fJJo0V/+vWW+AbIAAArIAAAbgAjIBnQENIkEm37y/DHyfkP4W3qg8BNz1j2XpoBeAAAELAAAdABkgJRsWGsfDo90rrQJQL7I' +
      'jbHVw8D9YvxQeY14AHmQIhScgeJo0Z/2oG3zRqJkhJK//irDAATAClAsYAAA7wFuAwOJxVOylSR+fgk3zZUm0MXYMVk7JQ2a' +
      'V4AR21GpWveZTZbWXggchk5o47nfQQDMAAAMqAABcAM4CXJxm4h4dHuldaBKBfZEdc5ETTJ2qsIV+AAtVB4QXRIPAAi8fBA5' +
      'zOXSm8u+dwH+AAAgoAAB1AXQEVO3xJPJ1JH5+CTfNlSbP2xvHuTtyBqr8ABaqDwguiQeABF4+CBzmculV5d8+gQwAAA4YA==',
  ],
};

/** 512 × 512 pixels of transparency: 255 on the left and 100 on the right. */
export const LARGE_ALPHA: HevcSamples = {
  headers: [
    'QAEMAf//BAgAAAMAn/gAAAMAAFq6AkA=',
    'QgEBBAgAAAMAn/gAAAMAAFrAEAgCAWW6kkyuAQAAAwPoAAADA+gI',
    'RAHBcrBiQA==',
  ],
  pictures: [
    'KAGuCOIOev3IFu0+gF4ApQf0G0/yNy2fW7MgAnLx/0+ocdn/xuwAAAMAA8YJFmQAAAMBk0HDGQPCPXYU90xmF+6ztfUlhYoN' +
      'ifW5bUP/+n1SLaLUd+DiBvvI+e4LebcCz2QGDW9KS8CD+eydqbiQtcv/QHh/wB1O5NpyFx9mQgsOzlstW/z9cgAAC/gAAAMA' +
      'AB3KYJGwPCPXYU90xmF+6zt3K4QTYn1uW1D//p9Ui2i1Hfg4gb7yPnuC3m3As9kBjeCVovAg/nsnam4kLXL/0B4f8AdTuTac' +
      'hcfZkILL5cRDcf9zFqAACEgAAAMAECq9iMgeEeuwp7pjML91ncSnkVOxPrctqH//T6pFtFqO/BxA33kfPcFvNuBZ7IDKdgaR' +
      '6gOef43YAAAYcAAAAwFREeaMgeEeuwp7pjML91ncn0wRhzMxf/qH//T6pFtFqO/BxA33kfPcFvNuBZ7IDMuScRq7YvAB5mBa' +
      'f3tMcCp9+nVpajSCtngjvJWMsquV5uP+5i1AAIeAAAAJJc2qNgeEeuwp7pjML91ndAUT3rid7l/1D//p9Ui2i1Hfg4gb7yPn' +
      'uC3m3As9kBnDfLYau2LwAeZgWn97THAqffp1aWo0grZ4I7yVjLzL8vbj/uYtQADcgAAAIQqQrGwPCPXYU90xmF+6zupP5rA2' +
      're5f9Q//6fVItotR34OIG+8j57gt5twLPZAZ238U6lZdx/3MWoAC8gAAUYI4SNgeEeuwp7pjML91ndZ4SsVdW9y/6h//0+qR' +
      'bRajvwcQN95Hz3BbzbgWeyAzzv/t1YC7j/uYtQAIqA==',
  ],
};

/**
 * The mean colours of 8 × 8 cells in each tile, as FFmpeg's own decoder of HEVC gives them: six hexadecimal digits for each
 * cell, row by row.
 */
export const FFMPEG_CELLS = {
  tiles: [
    '05079a1007ac1a07bd2507cb3007d73a07de4507e35107e30518bd13283b13283b13283b13283b3a17e34517df5017d7' +
      '0527d613283b13283b13283b13283b3b28d84627cc5027be0538e213283b13283b13283b13283b3b38be4538ae50389b' +
      '0548df1048d81a48cc2648be3048ae3b489c4648885048740458cd0f58be1a58ad25589b2f58873b587445586150584f' +
      '0568ae0f689b1a68882568743068603b684f46683f5068310579880f79741a796125794e30793e3b7831457827507820',
    '5b07df6607d77107cc7b07be8607ae91079b9c0788a707745b17cd6617be7117ae7b179b8617889117749c1761a7174f' +
      '5b27ae66279b7127887b287486286191274f9c283fa727315b38886638747138617b384f86383f9138319c3827a63820' +
      '5b486166484f71483e7b48318648279148209c481da6481e5b583e6658317158267b582086581d91581e9c5823a7582b' +
      '5b682766682071681d7c681e86682391682c9c6837a768465b781d66781e7178237b782b8678379178479c7857a7796a',
    'b10761bc074fc7073ed20731dd0727e80720f2071dfc071db2173fbc1731c71727d21720dc171de7171ef21723fc172b' +
      'b12727bc2720c7271dd2271edd2723e7282bf22737fc2846b1381dbc381ec73823d2382bdd3838e73846f23857fc3869' +
      'b14823bc482bc74837d24846dd4858e7486af2487efc4891b15838bc5846c75857d2586add587ee75891f258a5fc58b5' +
      'b16857bc686ac7687ed26892dd68a5e768b6f268c6fc68d2b1787ebc7892c778a5d278b6dd78c6e878d2f278dcfc78e1',
    '05896110894f1a883f2589313089273b892046891d50891e05993e1099311a992725992030991d3b991e46992350992b' +
      '05a9270fa9201aa91d25a91e30a9233aa92b46a93750a94605b91d10b91e1ab92325b92c30b9373bb94645b95850b96a' +
      '05c92310c92b1ac93725c94630c9573bc96a45c97e50c99205da3710da461ad95825d96b30da7e3bd99245daa550dab6' +
      '05ea570fea6a1aea7e25ea9230eaa53beab645eac650ead205fa7d10fa911afaa425fab630fac53afad246f9dc50fae1',
    '5b892366892b7189377c894687885891896a9c897ea789925b99376699467099587b996a86997e9199929c99a5a799b6' +
      '5ba95766a96a71a97e7ba99286a9a591a9b69ca9c6a7a9d25bb97e66b99271b9a57bb9b686b9c691b9d29cb9dca7b9e1' +
      '5bc9a566c9b671c9c67cc9d286c9dc91c9e19cc9e3a7c9e15bdac666dad271d9dc7cdae186dae391d9e19cdadba7dad1' +
      '5beadc66eae171eae37ceae186eadb91ead19ceac5a7eab55bfae366fae171fadc7bfad286fac591fab59cfaa4a7fa91',
    'b189a5bc89b6c789c6d289d2dd89dbe789e1f289e3fc89e1b199c6bc99d2c799dcd299e1dd99e3e799e1f299dbfc99d2' +
      'b1a9dcbca9e1c7a9e3d2a9e1dda9dbe8a9d1f2a9c5fca9b5b2b9e3bcb9e1c7b9dbd2b9d1ddb9c5e7b9b5f2b9a3fcb991' +
      'b1c9dbbcc9d1c7c9c5d2c9b5ddc9a3e7c990f2c97cfcc96ab2dac4bcdab5c7daa3d2da90ddda7ce8d969f2da56fcda46' +
      'b1eaa3bcea90c7ea7cd2ea69ddea56e7ea45f2ea36fcea2bb1fa7dbcfa69c7fa57d2fa45ddfa37e7fa2bf2fa22fcfa1e',
  ],
  deep:
    '05079a0f07ac1a07bd2507cb3007d73b07de4607e35007e30517bd14283c14283c14283c14283c3a17e34517df5017d7' +
    '0528d714283c14283c14283c14283c3b27d74527cc5027be0538e314283c14283c14283c14283c3b38be4638ae51389b' +
    '0548df0f48d71a48cc2548be3048ae3b489b4648885048740558cc0f58be1a58ae25589b3058883b587446586150584f' +
    '0568ae0f689b1b68882568743068613b684f46683f5168310578881078741b786125794e30783e3b7831457827507820',
  limited:
    '0607991007ac1b07bd2607cc3007d73b07df4507e35007e30517bd13283c13283c13283c13283c3b17e24617df5117d7' +
    '0527d713283d13283c13283c13283c3b27d84627cc5127be0537e313283d13283c13283c13283c3b38be4538ad50389c' +
    '0548df1048d71a48cc2548be3048ae3b489b4548885048740558cc0f58bf1a58ae25589b3058883b587445586150584f' +
    '0568ae10689c1a68882568743068613b684f45683e5068310579880f78741b786125784e30783e3b7931457827517820',
  camera:
    '05079a1007ac1a07bd2507cc3007d63b07de4507e35007e30517bd14283c14283c14283c14283c3b17e34517df5017d7' +
    '0527d714283c14283c14283c14283c3b27d74527cd5127be0538e214283c14283c14283c14283c3b38be4538ae50389b' +
    '0548df0f48d71a48cc2548be3048ae3b489b4648885148740558cc0f58be1a58ae25589b3058883b587446586150584f' +
    '0568ae0f689b1a68882568743068613b684f46683e5068310578881078741a786125784f30783f3b7831467827507820',
  full:
    '05079a1007ac1a07bd2507cb3007d73b07df4607e25007e30517bd13283b13283b13283b13283b3b17e34517df5017d8' +
    '0427d613283b13283b13283b13283b3b28d74528cc5028be0538e313283b13283b13283b13283b3b38be4538ae50389b' +
    '0548df1048d81a48cd2548be3048ae3b489c4648885048740558cc0f58be1a58ae25589b3058883b587445586150584e' +
    '0568ae0f689b1a68882568743068613b684f45683f5068310578881079741b786125784f30793e3b7831467827507820',
  deepest:
    '05079a1007ac1a07bd2507cb3007d73b07df4607e35107e20517bd14283c14283c14283c14283c3b17e24517df5017d7' +
    '0527d714283c14283c14283c14283c3a28d74528cc5028be0538e314283c14283c14283c14283c3b38bf4538ae50389b' +
    '0548df1048d81a48cd2548bf3048ae3b489c4548885048740558cc0f58be1a58ae25589b3058883b587446586150584f' +
    '0568ae10689b1a68882568743068613b684e46683f5068310578881078741a786125784e30783f3b7831467827507820',
} as const;
