/*
 * Servers that are busy: "[THROTTLED]", "[INUSE]", "[UNAVAILABLE]", "try again
 * later".  They are asked again after a while that doubles, or after what they
 * ask for themselves, until patience ends.
 */

#include "imap/talk.h"

#include <string.h>

#include "base/timer.h"
#include "imap/respcode.h"

#define PATIENCE_MS 600000
#define FIRST_MS    500
#define LONGEST_MS  60000

/* [LIMIT] is said of what may be stored, and of how often one may ask. */
static bool text_says_later(struct bk_view text)
{
	return bk_imap_parse_code((struct bk_view){0}, text) ==
		       BK_IMAP_CODE_THROTTLED ||
	       bk_imap_parse_wait(text) > 0;
}

static bool stores_nothing(const struct bk_imap_command *command)
{
	return strcmp(command->verb, "UID FETCH") == 0;
}

bool bk_imap_is_busy(const struct bk_imap_command *command)
{
	if (!command->answered || command->state == BK_IMAP_OK)
		return false;
	switch (command->code) {
	case BK_IMAP_CODE_INUSE:
	case BK_IMAP_CODE_UNAVAILABLE:
	case BK_IMAP_CODE_THROTTLED:
		return true;
	case BK_IMAP_CODE_LIMIT:
		return stores_nothing(command) ||
		       text_says_later(command->text);
	case BK_IMAP_CODE_NONE:
		return text_says_later(command->text);
	case BK_IMAP_CODE_TRYCREATE:
	case BK_IMAP_CODE_NONEXISTENT:
	case BK_IMAP_CODE_ALREADYEXISTS:
	case BK_IMAP_CODE_OVERQUOTA:
	case BK_IMAP_CODE_TOOBIG:
	case BK_IMAP_CODE_NOPERM:
	case BK_IMAP_CODE_AUTH:
	case BK_IMAP_CODE_EXPUNGEISSUED:
	case BK_IMAP_CODE_CANNOT:
	case BK_IMAP_CODE_SERVERBUG:
		return false;
	}
	return false;
}

static int64_t next_wait_ms(const struct bk_imap *imap, int64_t asked_ms)
{
	int64_t ms = FIRST_MS;

	for (unsigned n = 1; n < imap->busy_tries && ms < LONGEST_MS; n++)
		ms *= 2;
	if (ms > LONGEST_MS)
		ms = LONGEST_MS;
	return asked_ms > ms ? asked_ms : ms;
}

int bk_imap_be_patient(struct bk_imap *imap,
		       const struct bk_imap_command *command,
		       struct bk_err *err)
{
	struct bk_timer *timer =
		imap->wish.timer ? imap->wish.timer : bk_timer_real();
	int64_t patience_ms =
		imap->wish.patience_ms ? imap->wish.patience_ms : PATIENCE_MS;
	int64_t now = timer->monotonic_ms(timer);
	struct bk_err why = {0};
	int64_t wait_ms;

	if (imap->busy_since_ms == 0) {
		imap->busy_since_ms = now;
		imap->busy_tries = 0;
	}
	imap->busy_tries++;
	(void)bk_imap_verdict(imap, (size_t)(command - imap->commands), &why);
	wait_ms = next_wait_ms(imap, bk_imap_parse_wait(command->text));
	if (now - imap->busy_since_ms + wait_ms > patience_ms) {
		imap->busy_since_ms = 0;
		*err = why;
		err->kind = BK_BUSY;
		return -1;
	}
	if (imap->wish.waits)
		imap->wish.waits(imap->wish.waits_arg, why.text, wait_ms);
	return timer->wait(timer, wait_ms, NULL, err);
}

int bk_imap_wait(struct bk_imap *imap, struct bk_err *err)
{
	for (size_t i = 0; i < imap->n_commands; i++)
		if (bk_imap_is_busy(&imap->commands[i]))
			return bk_imap_be_patient(imap, &imap->commands[i],
						  err);
	return 0;
}
