"""`foodtrace scan` on everything people point it at, and key lists from one machine to another."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from foodtrace.certificate.draw import qr_png
from foodtrace.schemas import schema_of
from tests.cli.shell import run


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """Give a folder with a ledger and two certificates on record, with their labels."""
    folder = tmp_path_factory.mktemp("scan")
    run(folder, "init", "--name", "beihe.example/head")
    run(folder, "site", "add", "永发合作社:farm", "北河农批:market")
    texts = []
    for number, product in enumerate(("西红柿", "黄瓜")):
        run(folder, "certificate", "issue", product, "500kg", "--basis", "1", "--out", f"label{number}.png")
        texts.append(str(scanned(folder, f"label{number}.png")[0]["text"]))
    return folder, texts[0], texts[1]


def scanned(folder: Path, *words: str, code: int = 0, stdin: str = "") -> list[dict]:
    # What stands behind the document is talk on stderr: on a slow machine a folder shows its progress.
    found, _ = json.JSONDecoder().raw_decode(run(folder, "scan", *words, "--json", code=code, stdin=stdin))
    Draft202012Validator(schema_of("scan")).validate(found)
    return list(found)


def picture(text: str) -> Image.Image:
    with Image.open(io.BytesIO(qr_png(text, module=4))) as image:
        return image.convert("RGB")


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "heic", "pdf"])
def test_a_picture_of_every_kind(desk: tuple[Path, str, str], ending: str) -> None:
    folder, text, _ = desk
    path = folder / f"photo.{ending}"
    if ending == "heic":
        heif = pytest.importorskip("pillow_heif")
        heif.from_pillow(picture(text)).save(path, quality=70)
    else:
        picture(text).save(path)
    (found,) = scanned(folder, path.name)
    assert (found["answer"], found["text"], found["file"]) == ("good", text, path.name)
    assert found["page"] == (1 if ending == "pdf" else None)
    assert found["reader"]
    path.unlink()


def test_pages_of_a_pdf_and_several_codes_on_one(desk: tuple[Path, str, str]) -> None:
    folder, one, two = desk
    both = Image.new("RGB", (900, 420), "white")
    both.paste(picture(one), (20, 20))
    both.paste(picture(two), (480, 20))
    picture(two).save(folder / "pages.pdf", save_all=True, append_images=[both])
    found = scanned(folder, "pages.pdf")
    assert sorted((each["page"], each["text"]) for each in found) == sorted([(1, two), (2, one)])
    (folder / "pages.pdf").unlink()
    both.save(folder / "both.jpg", quality=80)
    assert sorted(each["text"] for each in scanned(folder, "both.jpg")) == sorted([one, two])
    (folder / "both.jpg").unlink()


def test_a_page_without_a_code_is_no_silence(desk: tuple[Path, str, str]) -> None:
    folder, one, two = desk
    blank = Image.new("RGB", (400, 400), "white")
    picture(one).save(folder / "gap.pdf", save_all=True, append_images=[blank, picture(two), picture(one)])
    found = scanned(folder, "gap.pdf", code=1)
    assert [(each["page"], each["answer"]) for each in found] == [(1, "good"), (3, "good"), (2, "unreadable")], "page 4 was read"
    assert found[2]["problem"]["code"] == "scan.nothing_found"
    said = run(folder, "scan", "gap.pdf", code=1)
    assert "UNREADABLE" in said
    assert "gap.pdf page 2" in said
    (folder / "gap.pdf").unlink()


def test_every_picture_of_a_heic_is_read(desk: tuple[Path, str, str]) -> None:
    heif = pytest.importorskip("pillow_heif")
    folder, one, two = desk
    file = heif.HeifFile()
    for each in (picture(one), picture(two)):
        file.add_from_pillow(each)
    file.save(folder / "two.heic", quality=70)
    found = scanned(folder, "two.heic")
    assert [(each["page"], each["text"]) for each in found] == [(1, one), (2, two)]
    (folder / "two.heic").unlink()


def test_a_pdf_with_a_password_is_locked_and_not_damaged(desk: tuple[Path, str, str]) -> None:
    folder, one, _ = desk
    page = Canvas(str(folder / "locked.pdf"), encrypt=StandardEncryption("secret"))
    page.drawString(100, 100, one)
    page.save()
    said = run(folder, "scan", "locked.pdf", code=2)
    assert "picture.locked" in said
    assert "encrypted" in said
    (folder / "locked.pdf").unlink()


def test_a_folder_answers_for_every_file(desk: tuple[Path, str, str]) -> None:
    folder, one, two = desk
    photos = folder / "photos"
    photos.mkdir()
    picture(one).save(photos / "a.png")
    picture(two).save(photos / "c.jpg")
    (photos / "b.png").write_bytes(b"not a picture")
    Image.new("L", (200, 200), 255).save(photos / "d.png")
    (photos / "notes.txt").write_text("nothing")
    found = scanned(folder, "photos", code=1)
    assert [(Path(each["file"]).name, each["answer"]) for each in found] == [
        ("a.png", "good"),
        ("b.png", "unreadable"),
        ("c.jpg", "good"),
        ("d.png", "unreadable"),
    ]
    assert found[1]["problem"]["code"] == "picture.unknown"
    assert found[3]["problem"]["code"] == "scan.nothing_found"
    said = run(folder, "scan", "photos", code=1)
    assert "UNREADABLE" in said
    assert "GOOD" in said
    empty = folder / "empty"
    empty.mkdir()
    run(folder, "scan", "empty", code=2)


def test_lines_as_a_scanner_types_them(desk: tuple[Path, str, str]) -> None:
    folder, one, two = desk
    lines = f"{one}\r\n]Q1{one.upper()}\r\n\r\n{two}\t\r\n6909999000012\r\nA-17\r\n呵他他跑：、、trace。\r\n{one[:99]}\r\n"
    found = scanned(folder, "-", code=1, stdin=lines)
    assert [each["answer"] for each in found] == ["good", "good", "product_code", "not_a_code", "input_method", "truncated"]
    assert [each["text"] for each in found[:2]] == [one, two], "the same certificate within seconds is one scan"
    said = run(folder, "scan", "-", code=1, stdin="呵他他跑：、、trace。\n", lang="en")
    assert "switch the keyboard to English and scan again" in said
    assert run(folder, "scan", "-", code=1, stdin="") == ""


def test_a_line_is_answered_while_the_scanner_waits(desk: tuple[Path, str, str]) -> None:
    folder, one, _ = desk
    words = [sys.executable, "-m", "foodtrace_cli.main", "scan", "-"]
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(one + "\r\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(("[ GOOD ]", "[ 有效 ]")), "the answer comes before the input ends"
        process.stdin.close()
        process.wait(20)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("6909999000012", "product_code"),
        ("96385074", "product_code"),
        ("https://hgz.example.cn/s/20261123", "foreign_certificate"),
        ("https://www.example.cn/", "not_ours"),
        ("hello", "not_a_code"),
        ("(01)06909999000012(10)B1", "gs1"),
    ],
)
def test_a_text_that_is_no_certificate(desk: tuple[Path, str, str], given: str, word: str) -> None:
    folder, _, _ = desk
    (found,) = scanned(folder, given, code=1)
    assert (found["answer"], found["good"]) == (word, False)
    assert found["problem"]["message"]["zh"]


def test_hosts(desk: tuple[Path, str, str]) -> None:
    folder, one, _ = desk
    (found,) = scanned(folder, one.replace("trace.example", "evil.example"), "--host", "trace.example")
    assert (found["answer"], found["notes"][0]["code"]) == ("host", "scan.host")


def test_a_key_list_travels_to_a_machine_without_a_ledger(desk: tuple[Path, str, str], tmp_path: Path) -> None:
    folder, one, _ = desk
    run(folder, "key", "list", "--export", "keys.txt", "--days", "7")
    made = json.loads(run(folder, "key", "list", "--export", "keys.txt", "--days", "7", "--json"))
    assert (made["keys"], made["revoked"]) == (1, 0)
    assert (folder / "keys.txt").stat().st_size < 1_000
    (away,) = scanned(tmp_path, one, code=1)
    assert away["answer"] == "unknown_key", "no ledger, no list: nothing vouches for the signature"
    listed = str(folder / "keys.txt")
    run(tmp_path, "scan", one, "--keys-file", listed, code=1)  # nobody said whose lists count
    (known,) = scanned(tmp_path, one, "--keys-file", listed, "--keys-signer", made["signer"])
    assert (known["answer"], known["notes"][0]["code"]) == ("good", "scan.no_ledger")
    (folder / "keys.txt").write_bytes((folder / "keys.txt").read_bytes().replace(b"good", b"gone"))
    run(tmp_path, "scan", one, "--keys-file", listed, "--keys-signer", made["signer"], code=1)
    run(tmp_path, "scan", one, "--keys-file", str(folder / "none.txt"), code=1)


def test_a_gate_elsewhere_admits_with_the_list_it_carries(desk: tuple[Path, str, str], tmp_path: Path) -> None:
    folder, one, two = desk
    made = json.loads(run(folder, "key", "list", "--export", "gate.txt", "--json"))
    run(tmp_path, "init", "--name", "beihe.example/gate9")
    run(tmp_path, "site", "add", "北河农批:market")
    carried = ("--keys-file", str(folder / "gate.txt"), "--keys-signer", made["signer"])
    without = json.loads(run(tmp_path, "gate", one, "--product", "西红柿", "--json", code=1))
    assert "gate.certificate_unknown_key" in json.dumps(without)
    with_list = run(tmp_path, "gate", two, "--product", "黄瓜", *carried, "--json", code=1)  # no seller file here yet
    assert "gate.certificate_unknown_key" not in with_list
    lines = f"S-07\n{two}\n482\n3\n0\n**\n"
    said = run(tmp_path, "gate", *carried, stdin=lines, lang="en")
    assert "not known here" not in said


def test_what_we_print_ourselves_is_known(desk: tuple[Path, str, str]) -> None:
    """Slips, cards and receipt codes as pictures, as a clerk would hold them up."""
    folder, text, _ = desk
    said = json.loads(run(folder, "gate", text, "--weight", "10kg", "--json"))
    run(folder, "gate", "staff", "add", "S-07", "--out", "card.png")
    (card,) = scanned(folder, "card.png", code=1)
    assert (card["answer"], card["text"]) == ("staff_card", "FTSTAFF-S-07-***")
    shown = run(folder, "scan", "card.png", code=1)
    assert "[ STAFF CARD ]" in shown
    assert "FTSTAFF-S-07-***" in shown
    from foodtrace.certificate.read import read_image

    secret = read_image(folder / "card.png")[0].text
    for words, code in ((("scan", secret), 1), (("scan", secret, "--json"), 1), (("gate", secret), 2), (("gate", secret, "--json"), 2)):
        for lang in ("zh", "en"):
            assert secret[-20:] not in run(folder, *words, code=code, lang=lang), words
    assert said["lot"]
