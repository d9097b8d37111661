/* Choosing the mailbox that message commands are about. */

#include "imap/hangson.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

size_t bk_imap_say_select(struct bk_imap *imap, struct bk_view mailbox,
			  bool read_only)
{
	imap->selected = (struct bk_imap_selected){0};
	bk_arena_clear(&imap->selected_arena);
	imap->is_selected = false;
	size_t command =
		bk_imap_command(imap, read_only ? "EXAMINE" : "SELECT");
	bk_imap_say_name(imap, mailbox);
	if (bk_imap_can(imap, BK_IMAP_CONDSTORE))
		bk_imap_say(imap, " (CONDSTORE)");
	return command;
}

int bk_imap_take_selected(struct bk_imap *imap,
			  const struct bk_imap_response *said,
			  struct bk_err *err)
{
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

	return bk_imap_take_selected(imap, &answer, err);
}

static int judge(struct bk_imap *imap, size_t command, struct bk_err *err)
{
	if (bk_imap_verdict(imap, command, err) < 0)
		return -1;
	if (take_answer(imap, command, err) < 0)
		return bk_imap_over(imap, err);
	imap->is_selected = true;
	return 0;
}

int bk_imap_note_select(struct bk_imap *imap, size_t command,
			struct bk_view mailbox,
			const struct bk_imap_selected **out, struct bk_err *err)
{
	if (judge(imap, command, err) < 0)
		return -1;
	imap->selected_name.len = 0;
	bk_buf_add(&imap->selected_name, mailbox.data, mailbox.len);
	*out = &imap->selected;
	return 0;
}

int bk_imap_end_select(struct bk_imap *imap, size_t command,
		       struct bk_view mailbox,
		       const struct bk_imap_selected **out, struct bk_err *err)
{
	if (bk_imap_note_select(imap, command, mailbox, out, err) < 0)
		return bk_imap_look_if_gone(imap, mailbox, err);
	return 0;
}

static int take_untagged(void *arg, const struct bk_imap_response *said,
			 struct bk_err *err)
{
	return bk_imap_take_selected(arg, said, err);
}

static int say_alone(struct bk_imap *imap, struct bk_view mailbox,
		     bool read_only, size_t *command, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_untagged,
					    .arg = imap};

	bk_imap_talk_begin(imap);
	*command = bk_imap_say_select(imap, mailbox, read_only);
	return bk_imap_talk(imap, &hands, err);
}

int bk_imap_select(struct bk_imap *imap, struct bk_view mailbox, bool read_only,
		   const struct bk_imap_selected **out, struct bk_err *err)
{
	size_t command;

	if (say_alone(imap, mailbox, read_only, &command, err) < 0)
		return -1;
	return bk_imap_end_select(imap, command, mailbox, out, err);
}

/* ---- one that is made first ---- */

static int take_acl(const struct bk_imap_making *making,
		    const struct bk_imap_response *said, struct bk_err *err)
{
	struct bk_acl_list list = {0};
	struct bk_view name;

	int rc = bk_imap_parse_acl(said->rest, &name, &list, err);
	if (rc < 0 || !bk_imap_same_name(name, making->mailbox)) {
		bk_acl_list_clear(&list);
		return rc;
	}
	bk_acl_list_clear(&making->made->acl);
	making->made->acl = list;
	return 0;
}

/* Before, what is told is of the mailbox that was selected until then, and not
 * every server says [CLOSED] between them. */
static bool is_selecting(const struct bk_imap_making *making)
{
	const struct bk_imap *imap = making->imap;

	for (size_t i = imap->first_open; i < making->select; i++)
		if (!imap->commands[i].answered)
			return false;
	return true;
}

int bk_imap_take_made(void *arg, const struct bk_imap_response *said,
		      struct bk_err *err)
{
	const struct bk_imap_making *making = arg;

	if (bk_imap_word_is(said->word, "ACL"))
		return take_acl(making, said, err);
	if (!is_selecting(making))
		return 0;
	return bk_imap_take_selected(making->imap, said, err);
}

static size_t say_getacl(struct bk_imap *imap, struct bk_view mailbox)
{
	size_t command = bk_imap_command(imap, "GETACL");

	bk_imap_say_name(imap, mailbox);
	return command;
}

void bk_imap_say_making(struct bk_imap_making *making, struct bk_imap *imap,
			const struct bk_imap_make *make,
			struct bk_imap_made *made)
{
	*made = (struct bk_imap_made){0};
	*making = (struct bk_imap_making){
		.imap = imap,
		.mailbox = make->mailbox,
		.made = made,
		.asks = bk_imap_can(imap, BK_IMAP_ACL),
	};
	making->create =
		bk_imap_say_create(imap, make->mailbox, make->special_use);
	making->subscribe =
		bk_imap_say_subscribe(imap, make->mailbox, make->subscribed);
	if (making->asks)
		making->getacl = say_getacl(imap, make->mailbox);
	making->select = bk_imap_say_select(imap, make->mailbox, false);
}

void bk_imap_end_making(const struct bk_imap_making *making)
{
	struct bk_imap *imap = making->imap;
	struct bk_imap_made *made = making->made;
	struct bk_err unheard = {0};

	made->created = bk_imap_verdict(imap, making->create, &unheard) == 0;
	made->subscribed =
		bk_imap_verdict(imap, making->subscribe, &unheard) == 0;
	made->has_acl = making->asks &&
			bk_imap_verdict(imap, making->getacl, &unheard) == 0;
}

int bk_imap_make_selected(struct bk_imap *imap, const struct bk_imap_make *make,
			  struct bk_imap_made *made, struct bk_err *err)
{
	struct bk_imap_making making;
	const struct bk_imap_hands hands = {.untagged = bk_imap_take_made,
					    .arg = &making};

	bk_imap_talk_begin(imap);
	bk_imap_say_making(&making, imap, make, made);
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	bk_imap_end_making(&making);
	return bk_imap_end_select(imap, making.select, make->mailbox,
				  &made->selected, err);
}

/*
 * Without UNSELECT: CLOSE, which expunges nothing where the mailbox is open for
 * reading only.  It is not said before the server has agreed to that.
 */
static int examine_and_close(struct bk_imap *imap, struct bk_err *err)
{
	size_t command;

	if (say_alone(imap, bk_buf_view(&imap->selected_name), true, &command,
		      err) < 0 ||
	    judge(imap, command, err) < 0)
		return imap->over ? -1 : 0; /* then nothing is selected */
	if (!imap->selected.read_only)
		return 0;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "CLOSE");
	return bk_imap_talk_plainly(imap, command, err);
}

bool bk_imap_say_unselect(struct bk_imap *imap)
{
	if (!imap->is_selected || !bk_imap_can(imap, BK_IMAP_UNSELECT))
		return false;
	imap->is_selected = false;
	(void)bk_imap_command(imap, "UNSELECT");
	return true;
}

int bk_imap_unselect(struct bk_imap *imap, struct bk_err *err)
{
	if (!imap->is_selected)
		return 0;
	if (!bk_imap_can(imap, BK_IMAP_UNSELECT)) {
		int rc = examine_and_close(imap, err);

		imap->is_selected = false;
		return rc;
	}
	bk_imap_talk_begin(imap);
	(void)bk_imap_say_unselect(imap);
	return bk_imap_talk_plainly(imap, 0, err);
}
