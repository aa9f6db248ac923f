from tidemill.cli.shown import plain, shortened


def test_data_cannot_steer_a_terminal():
    text = plain("a\x1b[31m\x9b1m\u202eb[bold]\n")

    assert text.plain == "a\\u001b[31m\\u009b1m\\u202eb[bold]\\u000a"
    assert text.spans == []


def test_long_text_is_cut_to_one_line():
    assert shortened("a \n b", 3) == "a b"
    assert shortened("abcdef", 4) == "abc\N{HORIZONTAL ELLIPSIS}"
