"""Which device somebody uses, in plain words. What a browser says of itself in full could tell people apart."""

# In this order: most browsers also name those that they want to be taken for.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "an iPhone"),
    ("iPad", "an iPad"),
    ("Android", "Android"),
    ("CrOS", "a Chromebook"),
    ("Windows", "Windows"),
    ("Macintosh", "a Mac"),
    ("Linux", "Linux"),
)
UNKNOWN = "A device we do not know"


def named(user_agent: str) -> str:
    """The User-Agent header in plain words: "Firefox on Windows". Words that were made here stay as they are."""
    if "/" not in user_agent:
        return user_agent if " on " in user_agent or user_agent == UNKNOWN else UNKNOWN
    browser = next((words for sign, words in BROWSERS if sign in user_agent), "")
    system = next((words for sign, words in SYSTEMS if sign in user_agent), "")
    if not (browser or system):
        return UNKNOWN
    return f"{browser or 'A browser'} on {system or 'a device we do not know'}"
