import numpy as np
import pytest

from tests.unit.formats.images.idx_files import idx_images, idx_labels, written
from tidemill.formats.images.idx import IMAGES, LABELS, Header, WrongIdx, idx_chunks, idx_header

# Noise, which gzip cannot make smaller, over several of the blocks that are read at once.
PIXELS = np.random.default_rng(0).integers(0, 256, (700, 20, 30), dtype=np.uint8)


def whole(chunks):
    found = list(chunks)
    return b"".join(chunk.content for chunk in found), found[-1].damage


@pytest.mark.parametrize("compressed", [False, True])
def test_images_and_labels_are_read_in_chunks_of_whole_ones(tmp_path, compressed):
    images = written(tmp_path / "images", idx_images(PIXELS), compressed)
    labels = written(tmp_path / "labels", idx_labels([3, 1, 4]), compressed)

    chunks = list(idx_chunks(images, IMAGES, chunk_bytes=100_000))

    assert idx_header(images, IMAGES) == Header(700, 20, 30)
    assert {len(chunk.content) % 600 for chunk in chunks} == {0}
    assert max(len(chunk.content) for chunk in chunks) <= 100_000
    assert whole(chunks) == (PIXELS.tobytes(), "")
    assert whole(idx_chunks(labels, LABELS)) == (bytes([3, 1, 4]), "")


def test_much_that_compresses_well_is_all_there(tmp_path):
    flat = np.zeros((700, 100, 100), np.uint8)
    flat[-1] = 7

    content, damage = whole(idx_chunks(written(tmp_path / "flat", idx_images(flat), compressed=True), IMAGES))

    assert (content == flat.tobytes(), damage) == (True, "")


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_that_ends_early_gives_what_is_there_and_says_so(tmp_path, compressed):
    uri = written(tmp_path / "cut", idx_images(PIXELS), compressed)
    (tmp_path / "cut").write_bytes((tmp_path / "cut").read_bytes()[:250_000])

    content, damage = whole(idx_chunks(uri, IMAGES))

    assert content == PIXELS.tobytes()[: len(content)]
    assert len(content) // 600 in range(405, 420)
    assert damage == f"it ends after {len(content) // 600} of 700"


@pytest.mark.parametrize("place", [200_000, -6])
def test_nothing_of_a_file_whose_compression_is_damaged_is_trusted(tmp_path, place):
    uri = written(tmp_path / "bad", idx_images(PIXELS), compressed=True)
    content = bytearray((tmp_path / "bad").read_bytes())
    content[place] ^= 0xFF
    (tmp_path / "bad").write_bytes(content)

    with pytest.raises(WrongIdx, match=r"bad: expected a gzip file without damage, got Error -3"):
        whole(idx_chunks(uri, IMAGES))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_file_with_more_than_its_header_tells_is_refused(tmp_path, compressed):
    uri = written(tmp_path / "more", idx_images(PIXELS) + b"!", compressed)

    with pytest.raises(WrongIdx, match="more: expected 700 times 600 bytes, as its header says, got more than that"):
        whole(idx_chunks(uri, IMAGES))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (idx_labels([1, 2]) + bytes(16), "begins with 0x00000801"),
        (b"", "a file that ends within its header"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "begins with 0x89504e47"),
        (idx_images(np.zeros((3, 0, 5), np.uint8)), "images of 0 x 5"),
    ],
)
def test_a_file_that_is_none_of_images_is_refused_in_one_line(tmp_path, content, told):
    uri = written(tmp_path / "x-idx3-ubyte", content)

    with pytest.raises(WrongIdx, match=f"x-idx3-ubyte: expected images .* got .*{told}"):
        idx_header(uri, IMAGES)
