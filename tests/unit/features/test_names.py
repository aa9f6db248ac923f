from tidemill.features import Place, by_column


def test_weights_of_places_are_summed_over_columns_and_those_of_pairs_are_shared():
    places = [Place("log a", ("a",)), Place("b=x", ("b",)), Place("b=y", ("b",)), Place("b=x x a", ("b", "a"))]

    assert by_column(places, [1.0, 2.0, 3.0, 4.0]) == {"a": 3.0, "b": 7.0}
