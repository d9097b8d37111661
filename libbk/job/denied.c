/* What to do where this user is not let in: see denied.h. */

#include "job/denied.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AS_OWNER "run it as root, or as whoever owns "

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* A server that refuses has rights of its own. */
bool bk_is_denied(const struct bk_err *err)
{
	return geteuid() != 0 && !strstr(err->text, "://") &&
	       (ends_with(err->text, "Permission denied") ||
		ends_with(err->text, "Operation not permitted"));
}

static const char *advice(enum bk_place place)
{
	switch (place) {
	case BK_PLACE_REPO:
	case BK_PLACE_KEY:
	case BK_PLACE_SET:
	case BK_PLACE_TARGET:
		return AS_OWNER "the repository";
	case BK_PLACE_SOURCE:
		return AS_OWNER "the mail";
	case BK_PLACE_DESTINATION:
		return AS_OWNER "the mail there, or restore elsewhere by --to";
	case BK_PLACE_REQUEST:
	case BK_PLACE_LOCK:
		break;
	}
	return AS_OWNER "this";
}

static bool is_below(const char *text, const char *dir)
{
	return dir && *dir && strstr(text, dir);
}

void bk_denied_advise(struct bk_err *err, enum bk_place place,
		      const char *state_dir)
{
	size_t len = strlen(err->text);

	if (!bk_is_denied(err))
		return;
	const char *what = is_below(err->text, state_dir)
				   ? "run it as root, or set BK_STATE_DIR to a "
				     "folder of this user's own"
				   : advice(place);
	(void)snprintf(err->text + len, sizeof(err->text) - len,
		       "; %s (it runs as user %ju)", what,
		       (uintmax_t)geteuid());
}

const char *bk_denied_next(bool denied, enum bk_place place, const char *usual)
{
	if (!denied)
		return usual;
	if (place == BK_PLACE_REPO)
		return "nothing says that it is damaged: " AS_OWNER
		       "the repository";
	return AS_OWNER
		"the mail there, then restore again: what is there is "
		"not restored twice";
}
