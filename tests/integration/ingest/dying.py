"""A driver that dies after a commit."""


class Killed(BaseException):
    """Stands for the moment at which the driver dies."""


def die_after(monkeypatch, lake, moment, *verbs):
    """Have each of the lake's verbs raise after it has written a table whose name begins so."""

    def dying(whole):
        def commit(name, *arguments, **named):
            whole(name, *arguments, **named)
            if name.startswith(moment):
                raise Killed

        return commit

    for verb in verbs:
        monkeypatch.setattr(lake, verb, dying(getattr(lake, verb)))
