/* Choosing the mailbox that message commands are about. */

#include "imap/imap.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

static int take_selected(void *arg, const struct bk_imap_response *said,
			 struct bk_err *err)
{
	struct bk_imap *imap = arg;

	return bk_imap_parse_selected(said, &imap->selected_arena,
				      &imap->selected, err);
}

/* The tagged answer has a code, too: [READ-ONLY]. */
static int take_answer(struct bk_imap *imap, size_t command, struct bk_err *err)
{
	const struct bk_imap_response answer = {
		.kind = BK_IMAP_TAGGED,
		.state = BK_IMAP_OK,
		.code = imap->commands[command].told,
	};

	return take_selected(imap, &answer, err);
}

static int select_it(struct bk_imap *imap, struct bk_view mailbox,
		     bool read_only, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_selected,
					    .arg = imap};
	size_t command;

	imap->selected = (struct bk_imap_selected){0};
	bk_arena_clear(&imap->selected_arena);
	imap->is_selected = false;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, read_only ? "EXAMINE" : "SELECT");
	bk_imap_say_name(imap, mailbox);
	if (bk_imap_can(imap, BK_IMAP_CONDSTORE))
		bk_imap_say(imap, " (CONDSTORE)");
	if (bk_imap_talk(imap, &hands, err) < 0 ||
	    bk_imap_verdict(imap, command, err) < 0)
		return -1;
	if (take_answer(imap, command, err) < 0)
		return bk_imap_over(imap);
	imap->is_selected = true;
	return 0;
}

int bk_imap_select(struct bk_imap *imap, struct bk_view mailbox, bool read_only,
		   const struct bk_imap_selected **out, struct bk_err *err)
{
	if (select_it(imap, mailbox, read_only, err) < 0)
		return bk_imap_look_if_gone(imap, mailbox, err);
	imap->selected_name.len = 0;
	bk_buf_add(&imap->selected_name, mailbox.data, mailbox.len);
	*out = &imap->selected;
	return 0;
}

/*
 * Without UNSELECT: CLOSE, which expunges nothing where the mailbox is open for
 * reading only.  It is not said before the server has agreed to that.
 */
static int examine_and_close(struct bk_imap *imap, struct bk_err *err)
{
	size_t command;

	if (select_it(imap, bk_buf_view(&imap->selected_name), true, err) < 0)
		return imap->over ? -1 : 0; /* then nothing is selected */
	if (!imap->selected.read_only)
		return 0;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "CLOSE");
	return bk_imap_talk_plainly(imap, command, err);
}

int bk_imap_unselect(struct bk_imap *imap, struct bk_err *err)
{
	size_t command;

	if (!imap->is_selected)
		return 0;
	if (!bk_imap_can(imap, BK_IMAP_UNSELECT)) {
		int rc = examine_and_close(imap, err);

		imap->is_selected = false;
		return rc;
	}
	imap->is_selected = false;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "UNSELECT");
	return bk_imap_talk_plainly(imap, command, err);
}
