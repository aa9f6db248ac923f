import pytest

from tidemill.config import MissingSecret, load_config, read_model_document, revealed
from tidemill.errors import RequestWrong

BASE = """
home: .data
landing: ${home}/landing
lake_root: ${home}/lake
checkpoints: ${home}/checkpoints
spool: ${home}/spool
reports: ${home}/reports
mlflow: {tracking_uri: "sqlite:///${home}/m.db", artifacts: "${home}/artifacts"}
spark: {settings: {spark.sql.shuffle.partitions: "2"}}
"""


@pytest.fixture
def conf(tmp_path, monkeypatch):
    folder = tmp_path / "project" / "conf"
    folder.mkdir(parents=True)
    (folder / "base.yaml").write_text(BASE)
    (folder / "local.yaml").write_text("log_level: info\n")
    monkeypatch.setenv("TIDEMILL_CONF", str(folder))
    monkeypatch.delenv("TIDEMILL_HOME", raising=False)
    return folder


def test_the_environment_lies_over_the_base_and_what_is_typed_over_both(conf):
    config = load_config("local", overrides=["log_level=error", "spark.settings.spark.sql.shuffle.partitions=8"])

    assert config.log_level == "error"
    assert config.spark.settings == {"spark.sql.shuffle.partitions": "8"}
    assert load_config("local").log_level == "info"


def test_a_relative_home_lies_in_the_projects_folder_and_names_follow_it(conf):
    assert load_config().landing == str(conf.parent / ".data" / "landing")


def test_a_home_that_is_typed_lies_where_the_person_stands(conf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert load_config(home="elsewhere").lake_root == str(tmp_path / "elsewhere" / "lake")
    assert load_config(home="s3a://bucket/root/").lake_root == "s3a://bucket/root/lake"


def test_a_secret_stays_a_reference_until_it_is_used(conf, monkeypatch):
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    config = load_config(overrides=["spark.settings.spark.hadoop.fs.s3a.secret.key=${env:SHOP_PASSWORD}"])

    assert "hunter2" not in repr(config)
    assert "hunter2" not in config.model_dump_json()
    assert revealed(config.spark.settings["spark.hadoop.fs.s3a.secret.key"]) == "hunter2"


def test_a_secret_that_is_not_set_is_named(monkeypatch):
    monkeypatch.delenv("SHOP_PASSWORD", raising=False)

    with pytest.raises(MissingSecret, match="SHOP_PASSWORD is not set"):
        revealed("${env:SHOP_PASSWORD}")


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("local.yaml", "log_levl: info", r"local\.yaml, line 1: unknown key 'log_levl'\. Did you mean 'log_level'\?"),
        ("local.yaml", "log_level: loud", r"local\.yaml, line 1: 'log_level': .*got 'loud'"),
        ("local.yaml", "mlflow: {trackng_uri: x}", r"unknown key 'mlflow.trackng_uri'\. Did you mean 'tracking_uri'\?"),
        ("local.yaml", "a: 1\nb: 2\na: 3", r"line 3: the key 'a' stands twice, first on line 1"),
        ("local.yaml", "landing: ${hom}/x", r"line 1: nothing is called '\$\{hom\}'\. Did you mean '\$\{home\}'\?"),
        ("local.yaml", "a: [1", r"local\.yaml, line 1: not valid YAML"),
        ("local.yaml", "- 1", r"expected keys and values, got list"),
        ("base.yaml", BASE.replace("reports:", "report:"), r"unknown key 'report'\. Did you mean 'reports'\?"),
    ],
)
def test_a_wrong_file_is_told_in_one_line_with_its_place(conf, file, text, complaint):
    (conf / file).write_text(text)

    with pytest.raises(RequestWrong, match=complaint) as told:
        load_config()
    assert "\n" not in str(told.value)


def test_an_unknown_environment_names_the_nearest(conf):
    with pytest.raises(RequestWrong, match=r"there is no conf/locl\.yaml\. Did you mean 'local'\?"):
        load_config("locl")


def test_an_override_without_a_value_is_refused(conf):
    with pytest.raises(RequestWrong, match="--set log_level: expected key=value"):
        load_config(overrides=["log_level"])


def test_an_override_that_is_not_yaml_is_refused(conf):
    with pytest.raises(RequestWrong, match=r"--set log_level=\[: expected key=value, the value in YAML"):
        load_config(overrides=["log_level=["])


def test_a_mistyped_key_of_an_override_is_told_as_its_own(conf):
    with pytest.raises(RequestWrong, match=r"^--set mlflow\.trackng_uri=x: unknown key 'mlflow\.trackng_uri'"):
        load_config(overrides=["mlflow.trackng_uri=x"])


def test_what_is_typed_for_a_model_lies_over_its_file_and_leaves_the_configuration_alone(conf):
    (conf / "models").mkdir()
    (conf / "models" / "images.yaml").write_text("name: images\ntraining: {seed: 1, dropout: 0.2}\n")

    config = load_config(overrides=["images.ranks=2", "log_level=error", "images.training.seed=7"])
    document = read_model_document(config, "images")

    assert config.log_level == "error"
    assert document.data == {"name": "images", "ranks": 2, "training": {"seed": 7, "dropout": 0.2}}
    assert document.at(("training", "seed")) == "--set images.training.seed=7"
    assert document.at(("training", "dropout")).endswith("images.yaml, line 2")


def test_a_setting_of_a_model_without_a_value_is_refused_before_anything_is_read(conf):
    (conf / "models").mkdir()
    (conf / "models" / "images.yaml").write_text("name: images\n")

    with pytest.raises(RequestWrong, match=r"--set images\.ranks: expected key=value"):
        load_config(overrides=["images.ranks"])
