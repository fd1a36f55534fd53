# BioSight's image: no compiler, no PyTorch, not root, nothing to write but /data and /tmp.
#   docker build -t biosight .                      the server and all commands but training
#   docker build -t biosight-train --target train . with PyTorch, for stage and full retraining
ARG BASE=python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/biosight
COPY requirements/server.txt requirements/server.txt
RUN /opt/biosight/bin/pip install --no-cache-dir --require-hashes -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY docs/guide docs/guide
# What only a developer needs goes: the libraries' own tests, their debugging symbols (but for what
# auditwheel put into *.libs, which strip may break), pip. All of it stays for the image that trains.
RUN /opt/biosight/bin/pip install --no-cache-dir --no-deps . \
    && cp -r /opt/biosight /opt/biosight-train \
    && apt-get update \
    && apt-get install -y --no-install-recommends binutils=2.40-2 \
    && find /opt/biosight -type d -name tests -prune -exec rm -rf {} + \
    && find /opt/biosight -name '*.so*' -type f -not -path '*.libs/*' -exec strip --strip-unneeded {} + \
    && /opt/biosight/bin/python -m pip uninstall -q -y setuptools pip \
    && rm -rf /var/lib/apt/lists/*

FROM ${BASE} AS runtime
RUN groupadd --gid 10001 biosight \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data biosight \
    && install -d -o biosight -g biosight -m 0700 /data
ENV PATH=/opt/biosight/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BIOSIGHT_DATA_DIR=/data \
    BIOSIGHT_HOST=0.0.0.0 \
    BIOSIGHT_LOG_FORMAT=json
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["biosight"]
CMD ["serve"]

FROM runtime AS train
COPY --from=build /opt/biosight-train /opt/biosight
COPY requirements/torch.txt requirements/train.txt /tmp/
RUN /opt/biosight/bin/pip install --no-cache-dir -r /tmp/torch.txt \
    && /opt/biosight/bin/pip install --no-cache-dir --require-hashes -r /tmp/train.txt
USER 10001:10001

FROM runtime AS app
COPY --from=build /opt/biosight /opt/biosight
USER 10001:10001
