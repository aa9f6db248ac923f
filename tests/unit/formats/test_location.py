import pytest

from tidemill.formats.location import canonical_uri, local_path


@pytest.mark.parametrize(
    "name", ["a b.csv", "p%20q.csv", "größe+ü.csv", "x,y;[1]{2}@=&'()!~$#?.csv", "tab\tnew\nline.csv"]
)
def test_a_local_path_becomes_a_uri_and_is_found_again(name):
    uri = canonical_uri(f"/landing/{name}")

    assert uri.startswith("file:///landing/")
    assert local_path(uri) == f"/landing/{name}"
    assert canonical_uri(uri) == uri


@pytest.mark.parametrize("uri", ["file:/a/b.csv", "file:///a/b.csv"])
def test_a_file_uri_has_three_slashes(uri):
    assert canonical_uri(uri) == "file:///a/b.csv"


def test_other_schemes_are_left_alone():
    assert canonical_uri("s3a://bucket/a b.csv") == "s3a://bucket/a b.csv"
    assert local_path("s3a://bucket/a.csv") is None
