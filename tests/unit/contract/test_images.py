import pytest

from tidemill.config import WrongDocument, load_config, read_document
from tidemill.contract import load_contract, parse_contract

GOOD = """
name: shapes
version: 1
source: {kind: images, path: "${landing}/shapes", labels: folders}
images:
  size: [32, 48]
  splits: {seed: 3, validation: 0.1, test: "test/*"}
checks:
  - {name: enough, row_count: {min: 10}}
"""


@pytest.fixture
def parsed(tmp_path):
    def parse(text):
        path = tmp_path / "shapes.yaml"
        path.write_text(text)
        return parse_contract(read_document(path), {"landing": "/data/landing"})

    return parse


def test_a_contract_of_images_says_how_they_are_prepared_and_divided(parsed):
    images = parsed(GOOD).images

    assert (images.size, images.mode, images.fit, images.duplicates) == ((32, 48), "RGB", "crop", "exact")
    assert (images.splits.shares, images.splits.patterns) == ({"validation": 0.1}, {"test": "test/*"})
    assert images.bytes_an_image == 32 * 48 * 3


@pytest.mark.parametrize(
    ("given", "instead", "told"),
    [
        ("size: [32, 48]", "sise: [32, 48]", r"line 6: unknown key 'images\.sise'\. Did you mean 'size'\?"),
        ("validation: 0.1", "valid: 0.1", r"unknown key 'images\.splits\.valid'\. Did you mean 'validation'\?"),
        ("labels: folders", "labels: folder", r"'source\.labels': expected folders, idx .* Did you mean 'folders'\?"),
        ("labels: folders", "label: folders", r"unknown key 'source\.label'\. Did you mean 'labels'\?"),
        ("validation: 0.1", "validation: 1.5", r"validation: expected a share from 0 to less than 1"),
        ('test: "test/*"', "test: 0.95", r"must leave a share to train"),
        ("size: [32, 48]", "size: [32, 0]", r"greater than or equal to 1"),
        ("size: [32, 48]", "size: [32, 48]\n  distance: 3", r"distance is for duplicates: perceptual"),
        ("size: [32, 48]", "size: [32, 48]\n  classes: [cat]", r"images\.classes: is for labels: idx"),
        ("version: 1", "version: 1\nmode: stream", r"images: is for mode: batch"),
        ("version: 1", "version: 1\nkey: [path]", r"key: is not for source\.kind: images"),
        ("version: 1", "version: 1\ncolumns: {a: {type: int}}", r"columns: is not for source\.kind: images"),
        ("row_count: {min: 10}", "sql: height > 1", r"checks on a delivery as a whole alone"),
        ("kind: images,", "kind: files,", r"unknown key 'source\.labels'"),
    ],
)
def test_what_is_wrong_in_a_contract_of_images_is_told_with_its_place(parsed, given, instead, told):
    with pytest.raises(WrongDocument, match=told):
        parsed(GOOD.replace(given, instead))


def test_the_kind_and_the_section_go_together(parsed):
    with pytest.raises(WrongDocument, match="the section 'images', with at least 'size', go together"):
        parsed("name: shapes\nversion: 1\nsource: {kind: images, path: /data}\n")


def test_a_table_needs_columns(parsed):
    with pytest.raises(WrongDocument, match="the key 'columns' is missing"):
        parsed("name: shapes\nversion: 1\nsource: {kind: files, path: /data}\n")


@pytest.mark.parametrize(("dataset", "size"), [("digits", (8, 8)), ("fashion_mnist", (28, 28))])
def test_the_project_s_own_contracts_keep_the_pictures_own_size(dataset, size):
    images = load_contract(load_config(), dataset).images

    assert (images.size, images.mode, images.duplicates) == (size, "L", "exact")
