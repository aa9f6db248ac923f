"""Find and read the rules of a dataset, and read them again when a file changes."""

from pathlib import Path

import structlog
from pydantic import ValidationError

from tidemill.alerts.rules.model import Rule, RuleFile
from tidemill.config import Config, WrongDocument, read_document, wrong_document
from tidemill.config.documents import shown
from tidemill.errors import RequestWrong, suggestion

log = structlog.get_logger(__name__)
# path, time of the last change and size of every file.
Seen = tuple[tuple[str, int, int], ...]


class UnknownRules(RequestWrong):
    """No file of rules has this name."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(
            f"there are no rules '{name}'. {suggestion(name, known)} Rules are a file conf/alerts/NAME.yaml, or any "
            "path to one."
        )


class DuplicateRule(WrongDocument):
    """Two files have a rule of the same name for one dataset."""

    def __init__(self, name: str, dataset: str, first: Path, second: Path) -> None:
        super().__init__(
            f"{shown(second)}: the rule '{name}' of {dataset} stands in {shown(first)} too. Rename one of them: a "
            "name tells alerts apart."
        )


def known_rule_files(config: Config) -> list[Path]:
    """Every file of rules, in the order of their names."""
    return sorted((config.conf_dir / "alerts").glob("*.yaml"))


def read_rules(path: Path) -> RuleFile:
    """Read one file of rules.

    Raises:
        WrongDocument: an unknown key or kind, a wrong type, or parts that disagree; with the file and the line.
    """
    document = read_document(path)
    try:
        return RuleFile.model_validate(document.data)
    except ValidationError as error:
        raise wrong_document(document, RuleFile, error) from error


def rules_named(config: Config, name: str) -> RuleFile:
    """The rules of a file: a path, or the name of one in conf/alerts.

    Raises:
        UnknownRules: there is neither.
        WrongDocument: see `read_rules`.
    """
    known = {path.stem: path for path in known_rule_files(config)}
    path = Path(name)
    if path.is_file():
        return read_rules(path.absolute())
    if name in known:
        return read_rules(known[name])
    raise UnknownRules(name, list(known))


def load_rules(config: Config, dataset: str) -> tuple[Rule, ...]:
    """The rules of a dataset out of all files in conf/alerts; none where no file names it.

    Raises:
        WrongDocument: a file is wrong; that of another dataset too, as it cannot be told whose it is.
        DuplicateRule: two files have a rule of the same name for the dataset.
    """
    found: dict[str, tuple[Rule, Path]] = {}
    for path in known_rule_files(config):
        file = read_rules(path)
        for rule in file.rules if file.dataset == dataset else ():
            if rule.name in found:
                raise DuplicateRule(rule.name, dataset, found[rule.name][1], path)
            found[rule.name] = (rule, path)
    return tuple(rule for rule, _ in found.values())


class Rules:
    """A dataset's rules, and what is in their files now.

    Args:
        config: whose conf/alerts holds them.
        dataset: whose rules.

    Raises:
        WrongDocument: see `load_rules`.
    """

    def __init__(self, config: Config, dataset: str) -> None:
        self._config = config
        self._dataset = dataset
        self._seen = self._files()
        self.now = load_rules(config, dataset)

    def reloaded_if_changed(self) -> bool:
        """Read the files again where one was added, changed or removed.

        Returns:
            Whether `now` holds other rules than before. While a file is wrong the old rules stay, and one warning
            is logged for each change.
        """
        files = self._files()
        if files == self._seen:
            return False
        self._seen = files
        try:
            rules = load_rules(self._config, self._dataset)
        except RequestWrong as error:
            log.warning("the rules stay as they were", dataset=self._dataset, reason=str(error))
            return False
        changed = rules != self.now
        self.now = rules
        return changed

    def _files(self) -> Seen:
        found = []
        for path in known_rule_files(self._config):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue
            found.append((str(path), told.st_mtime_ns, told.st_size))
        return tuple(found)
