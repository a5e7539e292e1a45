# Stockstorm without its reference service, for CI (docs/installing.md):
#   docker build -t stockstorm .
#   docker run --rm --init --network host --user "$(id -u):$(id -g)" -v "$PWD:/work" stockstorm run smoke --subject subject.toml
# With an extra: --build-arg EXTRAS=[probe]. From another package index: --build-arg PIP_INDEX_URL=…
ARG PYTHON=3.13-slim

FROM python:${PYTHON} AS build
ARG EXTRAS=""
ARG PIP_INDEX_URL
COPY . /source
# The versions that the tests ran with.
RUN sed -n 's/^\([a-z0-9.-]*==[^ \\]*\).*/\1/p' /source/requirements.lock > /constraints.txt \
    && python3 -m venv /opt/stockstorm \
    && /opt/stockstorm/bin/pip install --no-cache-dir --disable-pip-version-check \
        --constraint /constraints.txt "/source${EXTRAS}" \
    && /opt/stockstorm/bin/pip uninstall --yes pip

FROM python:${PYTHON}
COPY --from=build /opt/stockstorm /opt/stockstorm
ENV PATH="/opt/stockstorm/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
RUN useradd --create-home --uid 1000 stockstorm && install -d -o stockstorm -g stockstorm /work
USER stockstorm
WORKDIR /work
ENTRYPOINT ["stockstorm"]
CMD ["--help"]
