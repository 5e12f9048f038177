# The image of the webhook: the one bundle on a Node without shell or package manager, as a user without rights.
# The bundle is the same for every machine, so it is made on the one that builds. A release pins both base images by digest
# (scripts/release/baseImages.ts); distroless has no tags for single versions of Node.
FROM --platform=$BUILDPLATFORM node:24.21.0-trixie-slim AS build
# Where docs/ is published, for the links in messages; empty for the default.
ARG DOCS_BASE
WORKDIR /build
COPY package.json package-lock.json ./
# Nothing that we depend on needs an install script, so none is run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
# The release adds version, source and revision.
LABEL org.opencontainers.image.title="vmcp-admission" \
      org.opencontainers.image.description="Admission webhook for ToolHive" \
      org.opencontainers.image.licenses="Apache-2.0"
# package.json says that the bundle is an ES module; without it Node would compile it twice to find out.
COPY --from=build /build/dist/main.js /build/package.json /app/
# The licences of what the image holds, and the list of it that scanners read.
COPY --from=build /build/LICENSE /build/dist/THIRD_PARTY_LICENSES.txt /build/dist/sbom.cdx.json /app/
USER 65532:65532
ENV NODE_ENV=production
EXPOSE 8443 8081
ENTRYPOINT ["/nodejs/bin/node", "/app/main.js"]
CMD ["serve"]
