# A stand-in for public.ecr.aws/lambda/nodejs:24 where no registry can be reached: Debian, the same Node.js and the
# same runtime interface client as AWS's image has, at the same places. Its context is made by build.sh.
FROM localhost/stand-in-debian AS client
RUN apt-get update \
 && apt-get install -y --no-install-recommends autoconf automake ca-certificates cmake g++ libnode-dev libssl-dev \
      libtool make pkg-config python3 unzip xz-utils zlib1g-dev
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/npm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /client
# Node.js headers come from Debian: the addon uses the stable Node-API, and nodejs.org may be out of reach.
RUN npm_config_nodedir=/usr npm install --no-audit --no-fund --foreground-scripts aws-lambda-ric@4.0.2

FROM localhost/stand-in-debian
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/npm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/npm/bin/npm-cli.js /usr/local/bin/npm
COPY --from=client /client/node_modules /var/runtime/node_modules
RUN printf '#!/bin/sh\nexec /usr/local/bin/node /var/runtime/node_modules/aws-lambda-ric/index.mjs "$@"\n' \
      > /lambda-entrypoint.sh && chmod 755 /lambda-entrypoint.sh && mkdir -p /var/task
ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
WORKDIR /var/task
ENTRYPOINT ["/lambda-entrypoint.sh"]
