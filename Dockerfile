# pgolf in a container, from its Debian package (docs/install.md):
#   docker build -t pgolf .
#   docker run --rm -it --security-opt seccomp=unconfined --security-opt apparmor=unconfined -v "$PWD:/work" pgolf demo
# For GPUs: --build-arg BUILD=IMAGE with Debian 12's packages and a CUDA toolkit, and `docker run --gpus all`.
ARG RUN=debian:bookworm-slim
ARG BUILD=$RUN
FROM $BUILD AS build
WORKDIR /src
COPY packages.txt .
RUN apt-get update && sed 's/#.*//' packages.txt | xargs apt-get install -y --no-install-recommends dpkg-dev file
COPY . .
RUN cmake --preset package && cmake --build --preset package && cd build-package && cpack -G DEB

FROM $RUN
COPY --from=build /src/build-package/pgolf_*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends /tmp/pgolf_*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
WORKDIR /work
ENTRYPOINT ["pgolf"]
