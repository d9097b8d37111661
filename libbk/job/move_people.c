/*
 * The people whose accounts move are told, each by a mail that goes the way
 * that their mail goes: before an account is held, and after it has moved.  Of
 * each mail is noted, on disk, that it is about to go, and that it went: nobody
 * has one twice, whatever ends the run.
 */

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "job/move_work.h"

static const char *const names[] = {
	[BK_LETTER_BEFORE] = "mail before the move",
	[BK_LETTER_AFTER] = "mail after the move",
};

/* ---- one mail ---- */

/* By the smtp of what people reach; or as the administrator's. */
static void find_way(const struct bk_move *move, const char *address,
		     struct bk_notify_settings *out, struct bk_argv *via)
{
	const struct bk_move_request *request = move->request;
	const struct bk_move_end *front = request->front;

	*out = *request->notify;
	out->to = (struct bk_argv){0};
	bk_argv_add(&out->to, address);
	if (request->letters->from)
		out->from = request->letters->from;
	if (!front || !front->settings.smtp)
		return;
	out->reach = front->settings.reach;
	bk_argv_add(via, front->settings.smtp);
	out->via = *via;
}

static const char *when_of(const struct bk_move *move, enum bk_letter letter,
			   char text[BK_CLOCK_TEXT])
{
	int64_t at = move->request->cutover.at;

	if (letter == BK_LETTER_AFTER)
		return bk_clock_local(text, bk_clock_now());
	return at > bk_clock_now() ? bk_clock_local(text, at) : "soon";
}

static int send(const struct bk_move_task *task, enum bk_letter letter,
		struct bk_err *err)
{
	const struct bk_move_request *request = task->move->request;
	const struct bk_move_account *account = task->account;
	char text[BK_CLOCK_TEXT];
	const struct bk_letter_words words = {
		.account = letter == BK_LETTER_BEFORE ? account->from
						      : account->to,
		.source = request->from->name,
		.destination = task->pair->to->end->name,
		.when = when_of(task->move, letter, text),
	};
	struct bk_buf subject = {0}, body = {0};
	struct bk_notify_settings notify;
	struct bk_argv via = {0};
	char *how = NULL;

	bk_letter_write(letter, request->letters->texts[letter], &words,
			&subject, &body);
	const struct bk_notify_text what = {
		.subject = bk_buf_text(&subject),
		.text = bk_buf_text(&body),
		.to_people = true,
	};
	find_way(task->move, words.account, &notify, &via);
	bk_cancel_defer(true);
	int rc = bk_notify(&notify, &what, &how, err);
	bk_cancel_defer(false);
	bk_argv_clear(&notify.to);
	bk_argv_clear(&via);
	bk_buf_clear(&subject);
	bk_buf_clear(&body);
	free(how);
	return rc;
}

/* ---- each once ---- */

static int note(const struct bk_move_task *task, enum bk_letter letter,
		enum bk_letter_state state, struct bk_err *err)
{
	return bk_letter_note(task->pair->letters, task->name, letter, state,
			      err);
}

static int noted(const struct bk_move_task *task, enum bk_letter letter,
		 enum bk_letter_state *out, struct bk_err *err)
{
	return bk_letter_noted(task->pair->letters, task->name, letter, out,
			       err);
}

/* It is noted as sent whatever the server makes of it; what has surely not gone
 * may go another time, as `was` says. */
static int send_once(const struct bk_move_task *task, enum bk_letter letter,
		     enum bk_letter_state was, struct bk_err *err)
{
	struct bk_err ignored = {0};

	if (note(task, letter, BK_LETTER_SENDING, err) < 0)
		return -1;
	bk_fault("letter: noted");
	if (send(task, letter, err) < 0) {
		if (err->kind != BK_UNSAFE)
			(void)note(task, letter, was, &ignored);
		return -1;
	}
	bk_fault("letter: sent");
	return note(task, letter, BK_LETTER_SENT, err);
}

static int complain(const struct bk_move_task *task, enum bk_letter letter,
		    const struct bk_err *why, const char *outcome)
{
	bk_progress_item_error(task->move->progress,
			       &(struct bk_item_error){
				       .kind = why->kind,
				       .account = task->name,
				       .name = names[letter],
				       .text = why->text,
				       .outcome = outcome,
			       });
	return -1;
}

static bool is_wanted(const struct bk_move_task *task, enum bk_letter letter)
{
	const struct bk_move_request *request = task->move->request;

	return request->letters && request->letters->wanted[letter] &&
	       !request->dry_run;
}

/* What was cut off in the middle may have gone: that is said, once. */
static int leave_alone(const struct bk_move_task *task, enum bk_letter letter,
		       struct bk_err *err)
{
	if (note(task, letter, BK_LETTER_SENT, err) == 0)
		(void)bk_fail(err, BK_UNSAFE,
			      "the run that was sending it was cut off: "
			      "whether it went is not known, so it is not sent "
			      "again");
	return complain(task, letter, err, "left alone");
}

int bk_move_tell(const struct bk_move_task *task, enum bk_letter letter,
		 struct bk_err *err)
{
	const enum bk_letter_state ready =
		letter == BK_LETTER_AFTER ? BK_LETTER_DUE : BK_LETTER_NONE;
	enum bk_letter_state state = BK_LETTER_NONE;

	if (!is_wanted(task, letter))
		return 0;
	if (noted(task, letter, &state, err) < 0)
		return complain(task, letter, err, "not sent");
	if (state == BK_LETTER_SENDING)
		return leave_alone(task, letter, err);
	if (state == ready && send_once(task, letter, state, err) < 0)
		return complain(task, letter, err, "not sent");
	return 0;
}

int bk_move_tell_later(const struct bk_move_task *task, struct bk_err *err)
{
	enum bk_letter_state state = BK_LETTER_NONE;

	if (!is_wanted(task, BK_LETTER_AFTER))
		return 0;
	if (noted(task, BK_LETTER_AFTER, &state, err) < 0)
		return -1;
	return state == BK_LETTER_NONE
		       ? note(task, BK_LETTER_AFTER, BK_LETTER_DUE, err)
		       : 0;
}

int bk_move_tell_anew(const struct bk_move_task *task, struct bk_err *err)
{
	if (note(task, BK_LETTER_BEFORE, BK_LETTER_NONE, err) < 0)
		return -1;
	return note(task, BK_LETTER_AFTER, BK_LETTER_NONE, err);
}

/* ---- all of them ---- */

static int announce(struct bk_move_task *task, struct bk_err *err)
{
	struct bk_move *move = task->move;
	struct bk_err why = {0};

	int rc = task->pair ? bk_move_tell(task, BK_LETTER_BEFORE, &why)
			    : complain(task, BK_LETTER_BEFORE, task->unplaced,
				       "not sent");
	if (!task->pair)
		why = *task->unplaced;
	if (rc < 0 && bk_move_is_end(&why)) {
		*err = why;
		return -1;
	}
	(void)pthread_mutex_lock(&move->lock);
	if (rc < 0 && !move->failed++) {
		move->why = why;
		move->place = BK_PLACE_TARGET;
		move->why_account = task->account->from;
	}
	(void)pthread_mutex_unlock(&move->lock);
	return 0;
}

static int count_untold(const struct bk_move *move, size_t *n,
			struct bk_err *err)
{
	for (size_t i = 0; i < move->accounts.n; i++) {
		enum bk_letter_state state = BK_LETTER_NONE;
		if (!move->tasks[i].pair)
			continue;
		if (noted(&move->tasks[i], BK_LETTER_BEFORE, &state, err) < 0)
			return -1;
		*n += state == BK_LETTER_NONE;
	}
	return 0;
}

int bk_move_announce(struct bk_move *move, struct bk_err *err)
{
	bool dry_run = move->request->dry_run;
	size_t n = 0;

	if ((dry_run ? count_untold(move, &n, err)
		     : bk_move_each(move, announce, err)) < 0)
		return -1;
	if (!dry_run)
		n = move->accounts.n - move->failed;
	char *note =
		bk_asprintf("%zu of %zu people %s told", n, move->accounts.n,
			    dry_run ? "would be" : "have been");
	bk_progress_note(move->progress, note);
	free(note);
	return 0;
}
