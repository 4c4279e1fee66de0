# trueup as a container: `docker run trueup run --repo ...`. Nothing of the demo or of development is in it.
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements/run.txt requirements/
RUN python -m venv /trueup && /trueup/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/run.txt
COPY pyproject.toml README.md ./
COPY controller controller
RUN pip install --no-cache-dir "hatchling>=1.27" && pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /trueup/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git openssh-client && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 trueup && install --directory --owner trueup /var/lib/trueup
COPY --from=build /trueup /trueup
USER trueup
ENV PATH=/trueup/bin:$PATH TRUEUP_STATE_DIR=/var/lib/trueup TRUEUP_LISTEN=0.0.0.0:9810
VOLUME /var/lib/trueup
EXPOSE 9810
ENTRYPOINT ["trueup"]
CMD ["run"]
