FROM python:3.11-slim

# requirements-serve.txt serves the release of RECSYS_HUB_REPO; requirements.txt can also train one in the container, and
# requirements-spark.txt with PACKAGES="default-jre-headless procps" can train on a cluster and be its master and workers.
ARG REQUIREMENTS=requirements-serve.txt
ARG PACKAGES=""

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 HOME=/home/recsys \
    GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=7860 RECSYS_DATA_DIR=/home/recsys/data

# hadolint ignore=DL3008,SC2086
RUN if [ -n "$PACKAGES" ]; then \
    apt-get update && apt-get install --yes --no-install-recommends $PACKAGES && rm -rf /var/lib/apt/lists/*; fi
RUN useradd --create-home --uid 1000 recsys && install -d -o recsys -g recsys /home/recsys/app /home/recsys/data
WORKDIR /home/recsys/app

COPY requirements.txt requirements-serve.txt requirements-spark.txt ./
# also the driver for RECSYS_STORE_URL
RUN pip install -r "$REQUIREMENTS" "psycopg[binary,pool]>=3.2,<4"

COPY --chown=recsys:recsys LICENSE app.py ./
COPY --chown=recsys:recsys data/film_notes.jsonl data/
COPY --chown=recsys:recsys data/movietweetings/ data/movietweetings/
COPY --chown=recsys:recsys recsys/ recsys/

USER 1000
VOLUME ["/home/recsys/data"]
EXPOSE 7860
# The first start pulls a release or trains one, which may take minutes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=300s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f\"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}/health\", timeout=4)"]
CMD ["python", "app.py"]
