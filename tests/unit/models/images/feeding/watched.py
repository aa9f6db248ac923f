"""What feeds are looked at with, and how a table is damaged."""

import threading

import pyarrow.parquet as pq

ONE = {"batch_size": 10, "seed": 3, "rank": 0, "ranks": 1, "shuffle": True}


def readers():
    """Threads of ours and of Petastorm; the JVM's gateway, which other tests start, has one too."""
    return [
        thread
        for thread in threading.enumerate()
        if "tidemill" in thread.name or type(thread).__module__.startswith("petastorm")
    ]


def damage(folder, group):
    """Overwrite the pages of a row group, and leave the file's footer as it is."""
    file = folder / group.file
    columns = [pq.ParquetFile(file).metadata.row_group(group.number).column(at) for at in range(7)]
    content = bytearray(file.read_bytes())
    for column in columns:
        begin = column.dictionary_page_offset or column.data_page_offset
        content[begin : begin + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)
