import gzip
import json
import struct
import zipfile

from PIL import Image

from tidemill.cli import main


def test_one_json_line_a_file_says_what_it_is_and_why(tmp_path, capsys):
    (tmp_path / "a.csv").write_bytes("id;name\n1;Zoë\n2;Ann\n".encode("latin-1"))

    assert main.exit_status(["inspect", str(tmp_path / "a.csv")]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["file"] == str(tmp_path / "a.csv")
    assert (found["format"], found["delimiter"], found["header"]) == ("csv", ";", True)
    assert (found["encoding"], found["compression"]) == ("latin-1", "")
    assert found["columns"] == ["id", "name"]
    assert found["why"]


def test_what_is_said_to_people_is_not_among_the_lines_for_programs(tmp_path, capsys):
    (tmp_path / "a.csv").write_text('{"id": 1}\n{"id": 2}\n')

    assert main.exit_status(["inspect", str(tmp_path / "a.csv")]) == 0

    told = capsys.readouterr()
    assert json.loads(told.out)["format"] == "jsonl"
    assert json.loads(told.err)["event"] == "name_contradicts_content"


def test_a_file_that_is_not_recognised_is_told_in_a_line_and_the_others_are_shown(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("id,name\n1,Ann\n")
    (tmp_path / "b.csv").write_text("")

    assert main.exit_status(["inspect", *(str(tmp_path / name) for name in ("b.csv", "a.csv", "c.csv"))]) == 1

    told = capsys.readouterr()
    assert len(told.out.splitlines()) == 1
    assert "b.csv: the file is empty" in told.err.splitlines()[0]
    assert "c.csv: there is no such file" in told.err.splitlines()[1]


def test_every_file_of_a_zip_has_a_line_and_records_can_be_named(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.json", '{"a": [{"id": 1}], "b": [{"n": 2}]}')
        archive.writestr("b.json", '{"b": [{"m": 2}]}')

    assert main.exit_status(["inspect", "--records", "b", str(tmp_path / "a.zip")]) == 0

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["file"], line["records"], line["columns"], line["compression"]) for line in lines] == [
        (f"{tmp_path}/a.zip!/a.json", "b", ["n"], "zip"),
        (f"{tmp_path}/a.zip!/b.json", "b", ["m"], "zip"),
    ]


def test_an_image_and_an_idx_file_are_told_by_their_headers(tmp_path, capsys):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 30)).save(tmp_path / "photo.jpg", exif=exif)
    images = gzip.compress(struct.pack(">4I", 0x803, 2, 3, 4) + bytes(24))
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(images)

    names = ("photo.jpg", "t10k-images-idx3-ubyte.gz")
    assert main.exit_status(["inspect", *(str(tmp_path / name) for name in names)]) == 0

    photo, idx = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    size = {"height": 30, "width": 40, "orientation": 6}
    assert photo == {"file": f"{tmp_path}/photo.jpg", "format": "image", "kind": "JPEG", "mode": "RGB", **size}
    assert (idx["format"], idx["items"], idx["height"], idx["width"], idx["compression"]) == ("idx", 2, 3, 4, "gzip")
