"""A place that people talk in, to look at and to try things on: who they are, what they said.

Pure: `chat.actions.demo` makes rows of it. A thread is written down line by line:

    ada: what she said
    |    a further line of it
    bela^2: an answer to what was said two messages before
    +🎉 ada, olga    reactions to the last message
    ~ what its author made of it afterwards
    x    it was deleted
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import NamedTuple


class Somebody(NamedTuple):
    username: str
    name: str
    email: str


PEOPLE = [
    Somebody("ada", "Ada Winter", "ada@example.org"),
    Somebody("bela", "Béla Farkas", "bela@example.org"),
    Somebody("chioma", "Chioma Okafor", "chioma@example.org"),
    Somebody("søren", "Søren Østergaard", "soren@example.org"),
    Somebody("olga", "Ольга Соколова", "olga@example.org"),
    Somebody("тарас", "Тарас Бондар", "taras@example.org"),
    Somebody("ليلى", "ليلى حداد", "layla@example.org"),
    Somebody("noam", "נועם לוי", "noam@example.org"),
    Somebody("yuki", "山田 雪", "yuki@example.org"),
    Somebody("mei", "陈美", "mei@example.org"),
    Somebody("minjun", "김민준", "minjun@example.org"),
    Somebody("priya", "प्रिया शर्मा", "priya@example.org"),
]
# Who makes the rooms, and the administrator of a place that is new.
FIRST = PEOPLE[0].username
EVERYBODY = [each.username for each in PEOPLE]
# Who has a picture of themselves.
SHOWN = ["ada", "bela", "søren", "olga", "ليلى", "yuki", "priya"]


class Turn(NamedTuple):
    """A message, and what became of it."""

    who: str
    text: str
    # How many messages of the thread before this one; 0: it answers none.
    answers: int
    reactions: list[tuple[str, str]]
    edited: str | None
    is_deleted: bool


class Place(NamedTuple):
    name: str
    topic: str
    is_private: bool
    members: list[str]
    threads: list[str]


TURN = re.compile(r"(\w+)(?:\^(\d+))?: (.+)")


def turns(thread: str) -> list[Turn]:
    found: list[Turn] = []
    for line in thread.strip().splitlines():
        if match := TURN.fullmatch(line):
            found.append(Turn(match[1], match[3], int(match[2] or 0), [], None, False))
        else:
            found[-1] = happened(found[-1], line)
    return found


def happened(last: Turn, line: str) -> Turn:
    mark, rest = line[0], line[1:].strip()
    if mark == "|":
        # As it stands there: it may be indented code.
        return last._replace(text=f"{last.text}\n{line[2:]}")
    if mark == "+":
        emoji, names = rest.split(" ", 1)
        return last._replace(
            reactions=[*last.reactions, *((emoji, name.strip()) for name in names.split(","))]
        )
    if mark == "~":
        return last._replace(edited=rest)
    return last._replace(is_deleted=True)


def threads_of(place: Place, dice: random.Random) -> list[list[Turn]]:
    """Those that are written down, with what is said every day in between."""
    written = [turns(thread) for thread in place.threads]
    daily = [turns(thread) for thread in DAILY[place.name](dice)] if place.name in DAILY else []
    # What is written last stays last: it is what one sees first.
    early = written[:-1] + daily
    dice.shuffle(early)
    return [*early, *written[-1:]]


# --- What is said every day

DONE = [
    "the migration runs on a copy of last week's database, 40 s",
    "release notes are written, somebody read them please",
    "two flaky tests are not flaky any more (they were right)",
    "the importer keeps the order now",
    "the settings page fits a phone",
    "half of the old icons are gone",
    "search finds names with accents",
    "the backup was restored once, it works",
]
NEXT = [
    "then the error messages",
    "after lunch: reviews",
    "next: the other half",
    "blocked by the certificate, asked for it",
    "then nothing dangerous, it is Friday somewhere",
    "next is the upgrade guide",
]
DISHES = [
    ("shakshuka", "🍳"),
    ("борщ", "🥣"),
    ("카레", "🍛"),
    ("smørrebrød", "🥪"),
    ("饺子", "🥟"),
    ("jollof rice", "🍚"),
    ("lángos", "🫓"),
    ("مجدرة", "🥘"),
    ("おにぎり", "🍙"),
    ("masala dosa", "🥞"),
]
VERDICTS = [
    "Coming!",
    "Save me some",
    "🤤",
    "I had that yesterday and would again",
    "🙋",
    "Recipe?",
]


def reports(dice: random.Random) -> Iterator[str]:
    for day in range(18):
        people = dice.sample(["bela", "olga", "minjun", "chioma", "søren", "noam"], 4)
        done, after = dice.sample(DONE, 4), dice.sample(NEXT, 4)
        lines = [
            f"{who}: {what[0].upper()}{what[1:]}; {then}."
            for who, what, then in zip(people, done, after, strict=True)
        ]
        if day % 3 == 0:
            lines.insert(2, f"+✅ {people[-1]}, ada")
        yield "\n".join(lines)


def lunches(dice: random.Random) -> Iterator[str]:
    for dish, picture in DISHES:
        cook, *guests = dice.sample(EVERYBODY, 4)
        says = dice.sample(VERDICTS, 2)
        yield "\n".join(
            [
                f"{cook}: Today there is {dish} {picture}, at one o'clock",
                f"+{picture} {', '.join(guests)}",
                f"{guests[0]}: {says[0]}",
                f"{guests[1]}^2: {says[1]}",
            ]
        )


DAILY = {"Release 4.2": reports, "Kitchen 🍋": lunches}


# --- What was said once

LOBBY = [
    """
ada: Welcome, all of you! This is the room that everybody sees first.
+👋 bela, chioma, olga, yuki, minjun
bela: Finally one place instead of four.
chioma: Four? I counted six 😄
+😂 bela, ada, priya
ada^2: Six it is. Whoever finds a seventh brings cake.
""",
    """
olga: Всем привет! Можно здесь писать по-русски?
тарас: І українською, будь ласка 🙂
ada: In whatever you like. We read slowly and ask often.
+❤️ olga, тарас, ليلى, noam
ليلى: مرحبا بالجميع! هل تظهر الرسائل العربية من اليمين إلى اليسار؟
noam: גם בעברית זה עובד יפה
+🙌 ليلى, ada
yuki: 日本語も大丈夫ですね。よろしくお願いします。
mei: 中文也没问题 👍
minjun: 한국어도 잘 보이네요!
priya: और हिन्दी भी। बहुत बढ़िया!
+🎉 ada, bela, chioma, søren, olga, yuki, mei, minjun
""",
    """
søren: Does anybody know how long the office is open today?
ada: Until six. The side door a little longer.
~ Until six; the side door until eight.
søren: Thanks! 🙏
""",
    """
priya: I lost a grey scarf, probably in the meeting room with the plants
noam: The one on the third floor? There is a scarf on the chair
priya: That is it! You are wonderful.
+🧣 noam, ada
""",
    """
chioma: wrong room, sorry
x
mei: What did I miss?
chioma: Nothing you would want to know 😇
""",
    """
bela: The lift is stuck between two and three. Again.
тарас: With somebody in it?
bela: With my lunch in it.
+😱 chioma, priya, yuki
+😂 minjun, noam
yuki: 🍱⬆️⬇️
""",
    """
ada: A reminder: on Thursday we meet at ten, not at nine. Half an hour, standing, no slides.
|
| The agenda is short: what shipped, what did not and why, who needs help.
| Then the date of the summer party, on which I expect more passion than on all the rest together.
|
| Whoever cannot come writes two lines in here before, so that nobody has to guess.
+👍 bela, søren, olga, minjun, priya
mei: Will it be written down for those in other time zones?
ada: Yes, in this room, right after.
""",
    """
ليلى: @ada هل يمكنني دعوة زميلة جديدة؟
ada: Of course! *Invite people* beside the list of who is here; one link, seven days.
+🙏 ليلى
ليلى: تم، شكراً!
minjun: New colleague? 🎈
ليلى: من الأسبوع القادم 🎈
+🎈 ada, minjun, chioma, yuki
chioma: I reserve the seat by the window for her before anybody else does.
""",
]

RELEASE = [
    """
olga: The build is red. @bela is that yours?
bela: Mine. A clock test that only fails near midnight. Which it is, somewhere.
olga: This is the line:
| ```python
| def is_today(moment: datetime) -> bool:
|     return moment.date() == datetime.now().date()  # whose today?
| ```
bela: Pushed. It asks for the time zone now and refuses to guess.
+💚 olga, minjun
""",
    """
minjun: Before and after, same machine, 500 people in a room:
| ```
|              before    after
| p50           41 ms     9 ms
| p99          310 ms    38 ms
| memory       512 MB   230 MB
| ```
chioma: That is not the same graph, that is another program
+🚀 ada, bela, olga, søren, noam
minjun^2: It is one line: we encoded the same message 500 times. Now once.
noam: The best line is the one that is gone.
""",
    """
søren: Can we drop support for the old export format?
chioma: Who still uses it?
søren: Two customers. One of them is us.
+😅 chioma, ada
ada: Then one release with a warning, and out with it in 4.3.
søren: 👌
""",
    """
noam: I would like to move the release to Thursday
bela: Rested rather than fast. Yes.
chioma: Thursday works
ada: Then Thursday it is. I'll move the announcement.
~ Then Thursday it is. I moved the announcement.
+👍 noam, bela, chioma, olga
""",
    """
olga: Steps for tonight:
| 1. freeze at 18:00
| 2. migrate the copy, compare the counts
| 3. migrate, restart one by one
| 4. watch the graphs for half an hour, with tea
+🫖 minjun, søren
minjun: I take 2 and 4
olga: `bin/manage migrate --plan` says 3 migrations, none locks a table for long.
bela: Who holds the rollback?
ada^1: I do. It fits on one page and I read it aloud to the cat.
+🐈 olga, bela, noam, chioma
""",
    """
chioma: Frozen. Nobody pushes now, please.
+🧊 olga, minjun, bela
minjun: Copy migrated in 41 s, counts are equal to the last row.
olga: Then the real one. @minjun graphs?
minjun: Flat as the Netherlands.
olga: First process restarted… second… done. Nobody noticed.
+🎉 ada, bela, chioma, noam, søren
søren: I noticed nothing and I was looking 👏
ada: 4.2 is out. Thank you, all of you. Cake tomorrow, lemon.
+🍰 olga, bela, minjun, chioma, noam, søren
bela: 🥳🥳🥳
""",
]

KITCHEN = [
    """
yuki: Who put the good knife into the dishwasher?
mei: not me
x
mei: It was me. I am sorry, I sharpen it tonight.
+🔪 yuki
yuki: All is forgiven 🙂
""",
    """
тарас: Хто забрав мою чашку з соняшником? 🌻
priya: The sunflower one? It stands behind the coffee machine, full of pens
тарас: …
+🌻 priya, olga, yuki
""",
    """
bela: Lemon cake, serious version:
| - 4 eggs, their weight in sugar, butter and flour
| - two lemons, all of them
| - 45 minutes at 170 °C, and do **not** open the door
bela: The glaze is powdered sugar and the courage to use enough lemon.
+🍋 ada, olga, chioma, noam, ليلى, priya
olga: Записала!
""",
    """
ليلى: القهوة الجديدة رائعة ☕
noam: מסכים! מאיפה היא?
ليلى^1: من المحمصة قرب المحطة
minjun: ☕☕☕
priya: @noam leave some for the afternoon people
noam: I can promise nothing
+😂 priya, ليلى, minjun
""",
]

DESIGN = [
    """
chioma: Two drafts for the empty room. A says "Nothing here yet", B says what to do next.
mei: B. An empty page that only says that it is empty is a locked door with a sign "door".
+💯 chioma, ada, søren
søren: B, with fewer words
chioma: "Say hello, or invite somebody."
+✨ mei, søren, ada, priya
""",
    """
priya: The green on the buttons fails the contrast check in dark mode, 4.1 to 1
mei: I see it. One step lighter makes it 5.3
priya: And the focus ring?
mei: Had 3.2, has 4.6 now. Everybody who works by keyboard, please shout if you lose it anywhere.
+⌨️ priya, ada
""",
    """
mei: 触摸目标至少 44 像素，对吗？
yuki: はい、44pxです。スマホだと親指が大きい 😄
+👍 mei
ada: Also for the small ✕ in the corner, where it is forgotten most often.
""",
    """
søren: Unpopular opinion: we have too many greys
chioma: How many?
søren: Eleven.
+😳 mei, priya, ada
mei: I count two that differ by one percent. They look at each other and wonder.
søren^1: Three survive: text, muted, line. Everything else is made from these.
priya: 👏👏👏
chioma: @søren show it on the phone too?
søren: Tomorrow morning, in this room.
+📱 chioma, mei
""",
]

JAPANESE = [
    """
yuki: 日本語の練習部屋へようこそ！間違えても大丈夫です。
minjun: 私はミンジュンです。韓国から来ました。
+👏 yuki, mei
yuki: とても自然です！
mei: 私は毎日少しづつ勉強しています
~ 私は毎日少しずつ勉強しています
yuki: 「ずつ」、正解 🙆
""",
    """
minjun: 「は」と「が」の違いは何ですか。
yuki: いい質問ですね。「私は学生です」は話題、「私が学生です」は「他の人ではなく私」という感じです。
+💡 minjun, mei, ada
ada: Reading along, understanding a third. A good third!
+🌱 yuki, minjun
""",
    """
mei: 今日は寒いですね ⛄
yuki: 本当に。みかんとこたつの季節です 🍊
minjun: こたつから出られません
+😂 yuki, mei, ada
yuki: 🍊🍊🍊
""",
]

PARTY = [
    """
ada: Private, because it is a surprise: Olga is here for ten years next Friday.
chioma: TEN? I thought three.
bela: Time flies when the build is green.
+🎂 ada, chioma, noam, тарас
noam: What does she like?
тарас: Чай, старі годинники і тишу
""",
    """
chioma: I found a clock repaired by the person who repairs the station clocks 🕰️
+😍 ada, bela, тарас, noam
ada: Take it. I collect the money, nobody writes amounts in here.
bela: I do the cake. You know which.
+🍋 ada, chioma, noam, тарас
noam: @chioma who brings her into the room at three?
chioma: I say the printer is broken. She cannot resist.
тарас: Геніально
+🖨️ ada, bela, noam
""",
]

PLACES = [
    Place("Lobby", "Where everybody comes in", False, EVERYBODY, LOBBY),
    Place(
        "Release 4.2",
        "Thursday, rested rather than fast",
        False,
        ["ada", "bela", "chioma", "søren", "olga", "noam", "minjun", "priya"],
        RELEASE,
    ),
    Place("Kitchen 🍋", "What there is, and who ate it", False, EVERYBODY, KITCHEN),
    Place(
        "Design",
        "Fewer greys",
        False,
        ["ada", "chioma", "søren", "mei", "priya", "yuki"],
        DESIGN,
    ),
    Place("日本語", "間違えても大丈夫", False, ["ada", "yuki", "mei", "minjun"], JAPANESE),
    Place(
        "Olga's ten years",
        "Not a word to her",
        True,
        ["ada", "bela", "chioma", "noam", "тарас"],
        PARTY,
    ),
]
