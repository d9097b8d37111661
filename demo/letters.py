"""What the people of the demonstration write to each other: a boatyard, Alder,
and a harbour office, Quay.  mail.py makes messages of it."""

PEOPLE = {
    "anna": ("Anna Alder", "anna@alder.example"),
    "ben": ("Ben Ørsted", "ben@alder.example"),
    "office": ("Alder Boatyard", "office@alder.example"),
    "clara": ("Clara Quist", "clara@quay.example"),
    "deniz": ("Deniz Yıldız", "deniz@quay.example"),
    "maud": ("Maud Fenwick", "maud@fenwick-sails.example"),
    "list": ("Harbour News", "news@harbour-news.example"),
}

# Where a copy lies, beside INBOX and Sent: folder names as a person sees them.
FOLDERS = {
    "anna": ["Sent", "Drafts", "Trash", "Projects", "Projects.Fähre",
             "Entwürfe alt", "Archive.2024"],
    "ben": ["Sent", "Trash", "Båter", "Receipts"],
    "office": ["Sent", "Invoices", "Invoices.Paid", "Spam"],
    "clara": ["Sent", "Trash", "Berths & moorings", "日本語"],
    "deniz": ["Sent", "İskele", "Newsletters"],
}

# Subject, who writes, to whom, folder of the recipients' copies ("" = INBOX),
# attachment, then one text a message: each answers the one before, in turn.
THREADS = [
    ("Price list for the season", "office", "anna ben clara deniz maud", "",
     "prices", [
        "Dear all,\n\nour price list for the coming season is attached.  New "
        "this year: winter storage by the metre, and the slip can be booked "
        "by the half day.\n\nPlease use this one only and throw the old one "
        "away.",
        "Thank you.  Page 3 still has last year's crane fee, or is that "
        "right?",
        "It is right: the crane costs what it did.  Everything else went up "
        "by four percent.",
     ]),
    ("Fwd: Price list for the season", "clara", "deniz", "Newsletters",
     "prices", [
        "Deniz, for the office: Alder's new prices.  Would you put them on "
        "the board by the ice machine?",
        "Done.  The board is full now; I took down the 2019 tide tables.",
     ]),
    ("Fähre: Pläne für den neuen Aufbau", "anna", "ben", "Projects.Fähre",
     "drawing", [
        "Lieber Ben,\n\nanbei die Zeichnung für den Aufbau der Fähre. Die "
        "Türen öffnen jetzt nach außen, wie es die Behörde möchte; dafür "
        "fällt die Bank auf Steuerbord weg.\n\nSchau bitte, ob das Maß am "
        "Süll stimmt.",
        "Hei Anna, målet stemmer. Men døren slår mot rekka: kan vi flytte "
        "den ti centimeter akterover?",
        "Zehn Zentimeter gehen. Mehr nicht, sonst sitzt der Spant im Weg.",
        "Da gjør vi det slik. Jeg bestiller hengsler i dag.",
     ]),
    ("Berth 14 and 15", "clara", "anna office", "", None, [
        "Good morning,\n\nberths 14 and 15 are free from Monday.  If the "
        "ferry is to lie there while you work on her, tell me by Friday: the "
        "survey vessel has asked for 15 too.",
        "Monday is good.  We need both until the doors are in, two weeks at "
        "most.",
        "Noted: 14 and 15, two weeks.  The water on the quay is off on "
        "Wednesday, bring your own.",
     ]),
    ("Invoice 2025-0117", "office", "clara", "Berths & moorings", "invoice", [
        "Dear Ms Quist,\n\nplease find attached our invoice for repairs to "
        "the harbour launch: two planks, caulking, paint.\n\nPayable within "
        "30 days.",
        "Paid today.  The launch is dry again, for the first time since I "
        "have worked here.",
     ]),
    ("Invoice 2025-0118", "office", "deniz", "İskele", "invoice", [
        "Dear Mr Yıldız,\n\nattached is our invoice for the pontoon: "
        "timber, bolts, one day's work by two.",
     ]),
    ("Sails for the ferry?", "maud", "anna ben", "", "logo", [
        "Anna, Ben,\n\nI hear that you are rebuilding the ferry.  Does she "
        "still carry the steadying sail?  I have a piece of tanned cloth "
        "here that has her name on it.\n\nMaud",
    ]),
    ("Hull survey, report", "deniz", "anna ben office", "", "survey", [
        "Hello,\n\nthe survey of the ferry's hull is done; the report is "
        "attached, with pictures of frames 11 to 19.  In short: sound, but "
        "for the garboard on port, where the old repair lets go.",
        "Thank you, Deniz.  We expected the garboard.  Could you bring the "
        "moisture readings tomorrow?",
        "I can.  You will not like frame 16.",
    ]),
    ("来週の見学について", "clara", "deniz", "日本語", None, [
        "来週、横浜港から三名の見学者がいらっしゃいます。造船所も見たいそう"
        "です。火曜日の午後でよろしいでしょうか。",
        "火曜日の午後で結構です。桟橋でお待ちしています。",
    ]),
    ("Båten til Solveig", "ben", "anna", "Projects", None, [
        "Solveig ringte. Hun vil ha båten i vannet før pinse, og hun betaler "
        "for overtid. Jeg sa at jeg skulle spørre deg.",
        "Pfingsten ist knapp, aber der Lack ist trocken. Sag ja.",
    ]),
    ("Your subscription: Harbour News, spring", "list", "deniz clara office",
     "", "html", [
        "Harbour News\n\nDredging of the inner basin begins on 4 May.  The "
        "swing bridge stays closed to road traffic at night.  The harbour "
        "master reminds everyone that shower tokens are for showers.",
    ]),
    ("Your subscription: Harbour News, summer", "list", "deniz clara office",
     "", "html", [
        "Harbour News\n\nThe regatta is on the second weekend of July; guest "
        "boats lie three deep, so put out your fenders.  Found: one oar, "
        "blue, left-handed.",
    ]),
    ("Key to the tool shed", "ben", "office anna", "", None, [
        "Who has the key to the tool shed?  I have opened it with a chisel "
        "twice this week and the door is beginning to mind.",
        "It hangs where it always hangs.",
        "It does not.",
        "Found: it was in the pocket of the blue jacket, which was in the "
        "tool shed.",
    ]),
    ("Minutes of Thursday's meeting", "anna", "ben office clara deniz", "",
     None, [
        "Present: Anna, Ben, Clara, Deniz.\n\n1. The ferry goes back into "
        "service on 1 June.\n2. Alder does the doors, Quay the fenders.\n"
        "3. The old engine is offered to the museum; Deniz asks.\n4. Cake: "
        "Ben, next time.",
        "The museum takes it, if we bring it.  It weighs 900 kg.",
        "Then the crane goes on the invoice.",
    ]),
]

SIGNATURES = {
    "anna": "Anna Alder\nAlder Boatyard, Slipway 2\n",
    "ben": "Ben\n",
    "office": "Alder Boatyard\nSlipway 2, open 7 to 16\nPrices include VAT.\n",
    "clara": "Clara Quist, harbour master\nQuay, Pier 1\n",
    "deniz": "Deniz Yıldız\nQuay, berths and pontoons\n",
    "maud": "Fenwick Sails: cut by hand since 1911\n",
    "list": "You receive this because a boat of yours has lain here once.\n",
}
