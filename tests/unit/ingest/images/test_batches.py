from tidemill.ingest.images.batches import rows_a_batch


def test_a_batch_of_photographs_is_a_few_and_one_of_digits_is_many():
    assert rows_a_batch(mean=2e6, largest=5_000_000, prepared=224 * 224 * 3) == 8
    assert rows_a_batch(mean=120, largest=200, prepared=64) == 1000


def test_what_silver_holds_counts_too():
    assert rows_a_batch(mean=3000, largest=9000, prepared=1 << 20) == 16


def test_a_few_huge_files_among_small_ones_do_not_fill_memory():
    assert rows_a_batch(mean=20_000, largest=20 << 20, prepared=784) == 12
    assert rows_a_batch(mean=1 << 30, largest=1 << 30, prepared=784) == 1


def test_an_empty_delivery_has_batches_too():
    assert rows_a_batch(mean=0, largest=0, prepared=64) == 1000
