// Made by bin/words from ChatApp/locale/; do not edit.
import { speak } from "../model/words.js";

speak({
  "Sending": "Wird gesendet",
  "Sent": "Gesendet",
  "Failed": "Nicht gesendet",
  "This message was deleted": "Diese Nachricht wurde gelöscht",
  "A message that is not there any more": "Eine Nachricht, die es nicht mehr gibt",
  "You": "Du",
  "Code": "Code",
  "Code, %(language)s": "Code, %(language)s",
  "Failed. %(detail)s": "Nicht gesendet. %(detail)s",
  "This part of the page could not be loaded. Check your connection and try again, or reload the page.": "Dieser Teil der Seite ließ sich nicht laden. Prüfe deine Verbindung und versuch es noch einmal, oder lade die Seite neu.",
  "News in %(count)s room": [
    "Neues in %(count)s Raum",
    "Neues in %(count)s Räumen"
  ],
  "%(count)s new message in %(name)s": [
    "%(count)s neue Nachricht in %(name)s",
    "%(count)s neue Nachrichten in %(name)s"
  ],
  "%(name)s sent something": "%(name)s hat etwas gesendet",
  "This browser keeps nothing for the chat: they are lost.": "Dieser Browser hebt für den Chat nichts auf: Sie gehen verloren.",
  "They stay in this browser, for your account alone, and are sent when you are back in the chat.": "Sie bleiben in diesem Browser, nur für dein Konto, und werden gesendet, wenn du wieder im Chat bist.",
  "%(count)s message is not sent yet": [
    "%(count)s Nachricht ist noch nicht gesendet",
    "%(count)s Nachrichten sind noch nicht gesendet"
  ],
  "Sign out": "Abmelden",
  "Everybody in this room": "Alle in diesem Raum",
  "%(count)s suggestion": [
    "%(count)s Vorschlag",
    "%(count)s Vorschläge"
  ],
  "Copied": "Kopiert",
  "Copy it from the field": "Kopiere ihn aus dem Feld",
  "%(count)s emoji found": [
    "%(count)s Emoji gefunden",
    "%(count)s Emojis gefunden"
  ],
  "Nothing is unread in other rooms.": "In anderen Räumen ist nichts ungelesen.",
  "There is no other room.": "Es gibt keinen anderen Raum.",
  "That could not be saved. Try again in a moment.": "Das ließ sich nicht speichern. Versuch es gleich noch einmal.",
  "Text copied.": "Text kopiert.",
  "Code copied.": "Code kopiert.",
  "Will be saved when the connection is back.": "Wird gespeichert, sobald die Verbindung wieder da ist.",
  "Delete this message?": "Diese Nachricht löschen?",
  "Everybody in the room will see that a message was deleted, but not what it said.": "Alle im Raum sehen, dass eine Nachricht gelöscht wurde, aber nicht, was darin stand.",
  "Delete": "Löschen",
  "Will be done when the connection is back.": "Wird erledigt, sobald die Verbindung wieder da ist.",
  "Link copied.": "Link kopiert.",
  "The browser does not let a page copy. The link is %(link)s": "Der Browser lässt keine Seite kopieren. Der Link ist %(link)s",
  "The browser does not let a page copy.": "Der Browser lässt keine Seite kopieren.",
  "Marked as unread from here.": "Ab hier als ungelesen markiert.",
  "Not marked: there is no connection right now.": "Nicht markiert: Es gibt gerade keine Verbindung.",
  "Not saved. %(detail)s": "Nicht gespeichert. %(detail)s",
  "The message was deleted meanwhile.": "Die Nachricht wurde inzwischen gelöscht.",
  "A message that was sent gets no further files.": "Eine gesendete Nachricht bekommt keine weiteren Dateien.",
  "Will be sent when the files are uploaded.": "Wird gesendet, sobald die Dateien hochgeladen sind.",
  "A message needs some text. To take it back, delete it.": "Eine Nachricht braucht Text. Um sie zurückzunehmen, lösche sie.",
  "Cancel the reply": "Antwort abbrechen",
  "Cancel editing": "Bearbeiten abbrechen",
  "Saving…": "Wird gespeichert …",
  "Editing an unsent message": "Du bearbeitest eine nicht gesendete Nachricht",
  "Editing your message": "Du bearbeitest deine Nachricht",
  "Save": "Speichern",
  "Send": "Senden",
  "Replying to yourself": "Antwort an dich selbst",
  "Replying to": "Antwort an",
  "%(count)s character left": [
    "Noch %(count)s Zeichen",
    "Noch %(count)s Zeichen"
  ],
  "%(count)s character too many: a message has at most %(limit)s.": [
    "%(count)s Zeichen zu viel: Eine Nachricht hat höchstens %(limit)s.",
    "%(count)s Zeichen zu viel: Eine Nachricht hat höchstens %(limit)s."
  ],
  "%(count)s new message": [
    "%(count)s neue Nachricht",
    "%(count)s neue Nachrichten"
  ],
  "Newest messages": "Neueste Nachrichten",
  "%(count)s unread": [
    "%(count)s ungelesen",
    "%(count)s ungelesen"
  ],
  "Edited: %(time)s": "Bearbeitet: %(time)s",
  "The search did not get through.": "Die Suche kam nicht durch.",
  "Words or beginnings of words: a message has to have all of them.": "Wörter oder wie sie anfangen. Alle müssen vorkommen.",
  "Searching…": "Suche …",
  "No messages match these words.": "Mit diesen Wörtern wurde nichts gesagt.",
  "The newest are on top.": "Die neuesten stehen oben.",
  "%(count)s message": [
    "%(count)s Nachricht",
    "%(count)s Nachrichten"
  ],
  "Answer your browser’s question.": "Beantworte die Frage deines Browsers.",
  "Your browser blocks notifications from here. Allow them in its settings for this site, behind the icon beside the address.": "Dein Browser blockiert Benachrichtigungen von hier. Erlaube sie in seinen Einstellungen für diese Seite, hinter dem Symbol neben der Adresse.",
  "This browser shows no notifications here. On an iPhone or iPad, add ChatApp to the home screen first; elsewhere the address must begin with https.": "Dieser Browser zeigt hier keine Benachrichtigungen. Auf einem iPhone oder iPad leg ChatApp zuerst auf den Home-Bildschirm; anderswo muss die Adresse mit https beginnen.",
  "online": "online",
  "away": "abwesend",
  "Message %(name)s": "Nachricht an %(name)s",
  "and %(count)s more": [
    "und %(count)s weitere Person",
    "und %(count)s weitere"
  ],
  "Try again": "Noch einmal versuchen",
  "Show more": "Mehr zeigen",
  "Not connected. These people were here before.": "Nicht verbunden. Diese Personen waren zuletzt da.",
  "Not connected: who is here is not known yet.": "Nicht verbunden: Wer da ist, ist noch nicht bekannt.",
  "The server does not answer right now. Type again to retry.": "Der Server antwortet gerade nicht. Tippe weiter, um es noch einmal zu versuchen.",
  "Nobody’s name begins with “%(query)s”.": "Kein Name beginnt mit „%(query)s“.",
  "There are more: keep typing.": "Es gibt noch mehr: Tippe weiter.",
  "%(count)s person found": [
    "%(count)s Person gefunden",
    "%(count)s Personen gefunden"
  ],
  "Remove %(name)s": "%(name)s entfernen",
  "%(name)s, %(place)s of %(count)s": "%(name)s, %(place)s von %(count)s",
  "%(name)s (you)": "%(name)s (du)",
  "unread": "ungelesen",
  "for you, %(unread)s unread": "für dich, %(unread)s ungelesen",
  "You cannot write here any more.": "Du kannst hier nicht mehr schreiben.",
  "This room is archived.": "Dieser Raum ist archiviert.",
  "Only moderators post here.": "Hier schreibt nur die Moderation.",
  "The conversation could not be opened. Try again in a moment.": "Das Gespräch ließ sich nicht öffnen. Versuch es gleich noch einmal.",
  "The messages could not be loaded. Try again in a moment.": "Die Nachrichten ließen sich nicht laden. Versuch es gleich noch einmal.",
  "That message is not there any more.": "Diese Nachricht gibt es nicht mehr.",
  "The message could not be loaded. Try again in a moment.": "Die Nachricht ließ sich nicht laden. Versuch es gleich noch einmal.",
  "Opening the conversation with %(name)s…": "Das Gespräch mit %(name)s wird geöffnet …",
  "No room and nobody of that name.": "Kein Raum und niemand heißt so.",
  "There is no room yet.": "Es gibt noch keinen Raum.",
  "There is no connection: only your own rooms can be found.": "Es gibt keine Verbindung: Nur deine eigenen Räume werden gefunden.",
  "%(count)s room": [
    "%(count)s Raum",
    "%(count)s Räume"
  ],
  "%(count)s person": [
    "%(count)s Person",
    "%(count)s Personen"
  ],
  "New conversation": "Neues Gespräch",
  "You are here": "Du bist hier",
  "Not joined": "Noch nicht betreten",
  "%(count)s unsent": [
    "%(count)s nicht gesendet",
    "%(count)s nicht gesendet"
  ],
  "Retry %(name)s": "%(name)s noch einmal versuchen",
  "%(count)s file was not uploaded": [
    "%(count)s Datei wurde nicht hochgeladen",
    "%(count)s Dateien wurden nicht hochgeladen"
  ],
  "Uploading %(count)s file": [
    "%(count)s Datei wird hochgeladen",
    "%(count)s Dateien werden hochgeladen"
  ],
  "%(count)s file ready to be sent": [
    "%(count)s Datei kann gesendet werden",
    "%(count)s Dateien können gesendet werden"
  ],
  "The server is restarting.": "Der Server startet neu.",
  "The server can’t respond right now.": "Der Server kann gerade nicht antworten.",
  "Too many tabs and devices are connected with your account.": "Mit deinem Konto sind zu viele Tabs und Geräte verbunden.",
  "The connection was too slow to keep up.": "Die Verbindung war zu langsam, um mitzukommen.",
  "Sign in": "Anmelden",
  "All rooms": "Alle Räume",
  "Reload": "Neu laden",
  "Try now": "Jetzt versuchen",
  "You are signed out.": "Du bist abgemeldet.",
  "You were removed from this room.": "Du wurdest aus diesem Raum entfernt.",
  "This room is not there any more.": "Diesen Raum gibt es nicht mehr.",
  "This page is out of date.": "Diese Seite ist veraltet.",
  "Catching up with the room.": "Der Raum wird nachgeladen.",
  "One moment…": "Einen Moment …",
  "That was too much at once. Try again in a moment.": "Das war zu viel auf einmal. Versuch es gleich noch einmal.",
  "You are offline.": "Du bist offline.",
  "Connecting to the server.": "Verbindung zum Server wird aufgebaut.",
  "The connection is lost.": "Die Verbindung ist unterbrochen.",
  "Trying now…": "Neuer Versuch …",
  "Next try in %(seconds)s s": "Nächster Versuch in %(seconds)s s",
  "%(count)s message is waiting to be sent.": [
    "%(count)s Nachricht wartet darauf, gesendet zu werden.",
    "%(count)s Nachrichten warten darauf, gesendet zu werden."
  ],
  "just now": "gerade eben",
  "Recently used": "Zuletzt benutzt",
  "Smileys and emotion": "Smileys und Gefühle",
  "People and body": "Menschen und Körper",
  "Animals and nature": "Tiere und Natur",
  "Food and drink": "Essen und Trinken",
  "Travel and places": "Reisen und Orte",
  "Activities": "Aktivitäten",
  "Objects": "Gegenstände",
  "Symbols": "Symbole",
  "Flags": "Flaggen",
  "No skin tone": "Kein Hautton",
  "Light skin tone": "Heller Hautton",
  "Medium-light skin tone": "Mittelheller Hautton",
  "Medium skin tone": "Mittlerer Hautton",
  "Medium-dark skin tone": "Mitteldunkler Hautton",
  "Dark skin tone": "Dunkler Hautton",
  "Getting around": "Sich bewegen",
  "Go to a room or person": "Zu Raum oder Person",
  "Search messages": "Nachrichten durchsuchen",
  "Next unread room": "Nächster ungelesener Raum",
  "Previous unread room": "Voriger ungelesener Raum",
  "Next room": "Nächster Raum",
  "Previous room": "Voriger Raum",
  "Show these keys, outside the message box": "Diese Tastenkürzel zeigen, wenn du nicht schreibst",
  "Close dialog or menu": "Schließen, was offen ist",
  "Writing": "Schreiben",
  "New line": "Neue Zeile",
  "Edit your last message, when nothing is written": "Deine letzte Nachricht bearbeiten, wenn das Feld leer ist",
  "Cancel edit or reply": "Bearbeiten oder Antworten abbrechen",
  "Reading": "Lesen",
  "From the message box to the messages": "Vom Nachrichtenfeld hinauf zu den Nachrichten",
  "Jump to the newest and mark all read, when nothing is written": "Hinunter zum Neuesten, alles gelesen, wenn nichts geschrieben ist",
  "From message to message": "Von Nachricht zu Nachricht",
  "First and last message on the page": "Erste und letzte Nachricht auf der Seite",
  "Open the menu of a message": "Was sich mit einer Nachricht tun lässt",
  "Ctrl": "Strg",
  "Alt": "Alt",
  "Shift": "Umschalt",
  "Esc": "Esc",
  "Enter": "Enter",
  "Tab": "Tab",
  "Home": "Pos1",
  "End": "Ende",
  "%(names)s joined": [
    "%(names)s ist dazugekommen",
    "%(names)s sind dazugekommen"
  ],
  "%(names)s left": [
    "%(names)s ist gegangen",
    "%(names)s sind gegangen"
  ],
  "%(count)s other": [
    "%(count)s weitere Person",
    "%(count)s weitere"
  ],
  "You may not see who is here any more.": "Du darfst nicht mehr sehen, wer hier ist.",
  "Nobody here is called “%(query)s”.": "Niemand hier heißt „%(query)s“.",
  "%(count)s person found so far": [
    "Bisher %(count)s Person gefunden",
    "Bisher %(count)s Personen gefunden"
  ],
  "There is no connection: not everybody could be looked at.": "Es gibt keine Verbindung: Es konnten nicht alle durchsucht werden.",
  "The server cannot say right now who else is here.": "Der Server kann gerade nicht sagen, wer sonst noch hier ist.",
  "The connection was lost before it was done.": "Die Verbindung brach ab, bevor es getan war.",
  "You were not in the room any more.": "Du warst nicht mehr in dem Raum.",
  "%(count)s file was not uploaded. Try it again or remove it, then send.": [
    "%(count)s Datei wurde nicht hochgeladen. Versuch es noch einmal oder entferne sie, dann sende.",
    "%(count)s Dateien wurden nicht hochgeladen. Versuch es noch einmal oder entferne sie, dann sende."
  ],
  "%(count)s file cannot be sent. Remove it, then send.": [
    "%(count)s Datei kann nicht gesendet werden. Entferne sie, dann sende.",
    "%(count)s Dateien können nicht gesendet werden. Entferne sie, dann sende."
  ],
  "A message has at most %(most)s files: %(count)s was left out.": [
    "Eine Nachricht hat höchstens %(most)s Dateien: %(count)s blieb draußen.",
    "Eine Nachricht hat höchstens %(most)s Dateien: %(count)s blieben draußen."
  ],
  "This file is empty.": "Diese Datei ist leer.",
  "Too large: at most %(size)s.": "Zu groß: höchstens %(size)s.",
  "Waiting for the connection.": "Wartet auf die Verbindung.",
  "Will be tried again soon.": "Gleich noch ein Versuch.",
  "The server says it is too large.": "Der Server sagt, dass sie zu groß ist.",
  "The server did not accept it.": "Der Server hat sie nicht angenommen.",
  "Several people are typing…": "Mehrere schreiben …",
  "%(name)s and %(other)s are typing…": "%(name)s und %(other)s schreiben …",
  "%(name)s is typing…": "%(name)s schreibt …"
}, "de");
