from tidemill.cli.doctor.command import attempted, line
from tidemill.cli.doctor.finding import Finding


def test_a_check_that_breaks_is_a_finding_of_its_own():
    def broken():
        raise ValueError("no such class\nat line 1\nat line 2")

    finding = attempted("Delta", broken)

    assert finding.found == "fails: ValueError: no such class"
    assert not finding.is_well


def test_a_line_says_ok_or_what_to_do_next():
    assert line(Finding("Java", "17")).plain.split() == ["✓", "Java", "17"]
    assert line(Finding("Java", "8", "install 17")).plain.endswith("8. Next: install 17")
