/*
 * Commands and their answers: what every function of imap.h stands on.
 * Private to the room.
 *
 * An exchange: commands are put together one after the other, sent at a time,
 * and what comes is handed out until each has its tagged answer:
 *
 *	bk_imap_talk_begin(imap);
 *	size_t a = bk_imap_command(imap, "STATUS");
 *	bk_imap_say_name(imap, mailbox);
 *	bk_imap_say(imap, " (MESSAGES)");
 *	if (bk_imap_talk(imap, &hands, err) < 0)
 *		return -1;
 *	return bk_imap_verdict(imap, a, err);
 *
 * A server that is busy is waited for within bk_imap_talk(), and what it turned
 * down is said again.  So hands must stand being told the same thing twice.
 */

#ifndef BK_IMAP_TALK_H
#define BK_IMAP_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "imap/imap.h"
#include "imap/reader.h"
#include "imap/response.h"

/* Sent, and not answered yet, at most: their answers must have room to wait in
 * while we write. */
#define BK_IMAP_IN_FLIGHT 64

/* UIDs of one command: RFC 7162 section 4 wants lines below 8192 bytes. */
#define BK_IMAP_SET_MAX ((size_t)7900)

struct bk_imap_command {
	const char *verb; /* for people; a constant */
	size_t from, to;  /* of imap->out; without the tag */
	uint32_t tag;     /* 0: not sent (again) yet */
	bool answered;
	bool once; /* is not said again to a server that was busy */
	enum bk_imap_state state; /* of the answer */
	enum bk_imap_code code;
	struct bk_view told; /* the answer's response code, as it came */
	struct bk_view text;
};

/* What is done with what comes, besides what talk itself looks after. */
struct bk_imap_hands {
	/* Untagged data, and untagged OK, NO, BAD; may be NULL. */
	int (*untagged)(void *arg, const struct bk_imap_response *said,
			struct bk_err *err);
	const struct bk_imap_literal *literal; /* bodies; may be NULL */
	void *arg;
};

/* A mailbox that is made and selected, as some commands of an exchange. */
struct bk_imap_making {
	struct bk_imap *imap;
	struct bk_view mailbox;
	struct bk_imap_made *made;
	size_t create, subscribe, select; /* commands */
	size_t getacl;                    /* if it asks */
	bool asks;
};

/* A batch of APPENDs. */
struct bk_imap_append {
	bool open;
	struct bk_buf mailbox;
	bool many;       /* MULTIAPPEND: one command for all */
	bool listening;  /* the last command takes more bytes */
	uint64_t left;   /* of the message under way, to be given yet */
	size_t n;        /* messages begun */
	size_t n_before; /* of the batch before, whose answer is not told yet:
			    the first command; 0: there is none */
	bool closed;     /* nothing is added to it any more */
	bool makes;      /* and behind it a mailbox is made */
	struct bk_imap_making making;
	struct bk_imap_hands hands; /* of that */
};

struct bk_imap_early;

struct bk_imap {
	struct bk_wire *wire;
	struct bk_imap_reader *reader;
	struct bk_imap_wish wish;
	struct bk_imap_caps caps;
	struct bk_arena arena; /* what holds as long as the connection */
	const char *server;
	const char *where; /* the link's URL */
	struct bk_view prefix;
	struct bk_view *others; /* prefixes of other namespaces */
	size_t n_others;

	struct bk_imap_selected selected;
	struct bk_arena selected_arena;
	struct bk_buf selected_name;
	struct bk_imap_append append;
	struct bk_imap_early *early; /* owned; a list that nobody asked for
					yet, or NULL */

	uint64_t trips;
	int64_t busy_since_ms; /* 0: not busy */
	unsigned busy_tries;
	uint32_t tags;  /* given so far */
	uint32_t roots; /* answers to LIST "" "" */

	/* The exchange. */
	struct bk_imap_command *commands; /* owned */
	size_t n_commands, cap_commands;
	size_t in_flight;
	size_t first_open; /* all before it are answered */
	struct bk_buf out; /* what they say */
	size_t *pauses;    /* offsets of `out`: go on when told to; owned */
	size_t n_pauses, cap_pauses;
	const char *unsayable; /* why this cannot be said at all, or NULL */
	struct bk_arena said;  /* what was answered */
	const struct bk_imap_hands *hands;

	enum bk_imap_code code; /* of the last refusal */
	char delimiter;
	bool utf8, qresync; /* enabled */
	bool is_selected;
	bool over;      /* only close may follow */
	bool dismissed; /* it is, since the server said BYE */
	bool told_to_go_on;
	bool wrote;  /* since we last waited: the next wait is a round trip */
	bool coming; /* the last commands, an EXAMINE and the FETCH of all
			bodies, are not answered: see imap_bodies.c */
};

/* ---- putting commands together: say.c ---- */

void bk_imap_talk_begin(struct bk_imap *imap);

/* A command's beginning, "UID STORE"; the arguments follow, each with a blank
 * before it.  Returns its number in this exchange. */
size_t bk_imap_command(struct bk_imap *imap, const char *verb);
/* One that is not said again to a server that was busy. */
size_t bk_imap_command_once(struct bk_imap *imap, const char *verb);

void bk_imap_say(struct bk_imap *imap, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A blank and a mailbox's name, or any other string, as the server may want
 * it: quoted, or as a literal.  What holds a NUL cannot be said at all: then
 * bk_imap_talk() fails with BK_MISUSE. */
void bk_imap_say_name(struct bk_imap *imap, struct bk_view name);
void bk_imap_say_string(struct bk_imap *imap, struct bk_view text);
/* A blank and any bytes, as a literal8 (RFC 3516) if there is a NUL among
 * them; or NIL, where data is NULL. */
void bk_imap_say_value(struct bk_imap *imap, struct bk_view value);
/* " (\Seen $Label1)"; words that are no keywords are left out. */
void bk_imap_format_flags(struct bk_buf *out,
			  const struct bk_imap_flags *flags);

/* Cuts "1:5,7,..." from *from on, so that a command can take it; *from moves
 * on, and is set->n at the end. */
void bk_imap_say_uids(struct bk_imap *imap, const struct bk_uid_set *set,
		      size_t *from);

/* Is a literal of so many bytes sent without asking? */
bool bk_imap_literal_is_free(const struct bk_imap *imap, uint64_t size);

/* ---- carrying them out: talk.c ---- */

/* BK_MISUSE, and nothing was sent; or as imap.h says, and only close follows.
 * Commands that were refused are no failure here. */
int bk_imap_talk(struct bk_imap *imap, const struct bk_imap_hands *hands,
		 struct bk_err *err);
/* The same of an exchange whose last two commands ask for bodies, which are
 * left to come if the others are carried out; it has two at least.  Where one
 * of the others is refused, all is heard now, and what comes of those two goes
 * to the same hands: they must tell it from what they asked for, or stand it.
 * Nothing is said again. */
int bk_imap_talk_ahead(struct bk_imap *imap, const struct bk_imap_hands *hands,
		       struct bk_err *err);
/* A whole exchange of a command that brings no data. */
int bk_imap_talk_plainly(struct bk_imap *imap, size_t command,
			 struct bk_err *err);

/* 0 if command i was carried out, or -1 with why not; notes the code. */
int bk_imap_verdict(struct bk_imap *imap, size_t i, struct bk_err *err);

/* Pieces of the above, for APPEND, whose arguments come while it is sent. */
int bk_imap_ready_to_talk(struct bk_imap *imap, struct bk_err *err);
int bk_imap_send_command(struct bk_imap *imap, size_t i, struct bk_err *err);
/* What `out` has of it now, without a tag before it. */
int bk_imap_send_more(struct bk_imap *imap, size_t i, struct bk_err *err);
/* After a flush: reads until command i was answered, or, `or_go_on`, until the
 * server wants the rest of it. */
int bk_imap_hear_of(struct bk_imap *imap, size_t i, bool or_go_on,
		    struct bk_err *err);
/* The same for the first n commands; all of them were sent. */
int bk_imap_hear_first(struct bk_imap *imap, size_t n, struct bk_err *err);
int bk_imap_hear(struct bk_imap *imap, struct bk_err *err);
/* Command i has not been sent whole: BK_CORRUPT if it is answered with OK. */
int bk_imap_is_early(struct bk_imap *imap, size_t i, struct bk_err *err);
/* Ends the last command's line, if it is not ended yet. */
void bk_imap_end_line(struct bk_imap *imap);
/* " {5+}\r\n", and a pause if that is not free. */
void bk_imap_announce(struct bk_imap *imap, const char *before, uint64_t size);
/* Nothing but close may follow: the error gets the server's name; returns -1.
 */
int bk_imap_over(struct bk_imap *imap, struct bk_err *err);

/* 0 if all commands were carried out, but for messages that are gone. */
int bk_imap_fetch_verdict(struct bk_imap *imap, struct bk_err *err);

/* ---- the first list: imap_list.c ---- */

/* Says it along with what is said first, if the login told enough. */
void bk_imap_early_say(struct bk_imap *imap);
int bk_imap_early_hear(struct bk_imap *imap,
		       const struct bk_imap_response *said, struct bk_err *err);
/* All is answered: is it a list? */
void bk_imap_early_end(struct bk_imap *imap);
void bk_imap_early_free(struct bk_imap *imap);

/* ---- choosing a mailbox: select.c ---- */

/* Where UNSELECT is there, and needed: was it? */
bool bk_imap_say_unselect(struct bk_imap *imap);
/* SELECT or EXAMINE as one command of an exchange; what comes is for
 * bk_imap_take_selected(), and in the end for bk_imap_end_select(), which
 * returns what bk_imap_select() does. */
size_t bk_imap_say_select(struct bk_imap *imap, struct bk_view mailbox,
			  bool read_only);
int bk_imap_take_selected(struct bk_imap *imap,
			  const struct bk_imap_response *said,
			  struct bk_err *err);
int bk_imap_end_select(struct bk_imap *imap, size_t command,
		       struct bk_view mailbox,
		       const struct bk_imap_selected **out, struct bk_err *err);
/* The same, and asks nothing about a refusal. */
int bk_imap_note_select(struct bk_imap *imap, size_t command,
			struct bk_view mailbox,
			const struct bk_imap_selected **out,
			struct bk_err *err);

/* A mailbox that is made and selected. */
void bk_imap_say_making(struct bk_imap_making *making, struct bk_imap *imap,
			const struct bk_imap_make *make,
			struct bk_imap_made *made);
/* What comes; `arg` is the making. */
int bk_imap_take_made(void *arg, const struct bk_imap_response *said,
		      struct bk_err *err);
/* All are answered; what SELECT came to is asked for as above. */
void bk_imap_end_making(const struct bk_imap_making *making);

/* ---- bodies: imap_bodies.c ---- */

/* EXAMINE of the mailbox that is being selected, once more, and the FETCH of
 * all that is in it, behind what is said; bk_imap_fetch_bodies() takes it. */
void bk_imap_say_all_bodies(struct bk_imap *imap, struct bk_view mailbox);

/* ---- mailboxes: mailbox.c ---- */

/* Commands of an exchange.  The use is left out where the server takes none. */
size_t bk_imap_say_create(struct bk_imap *imap, struct bk_view mailbox,
			  const char *special_use);
size_t bk_imap_say_subscribe(struct bk_imap *imap, struct bk_view mailbox,
			     bool on);

/* Equal, and INBOX in any case. */
bool bk_imap_same_name(struct bk_view a, struct bk_view b);
/* For a refusal that has no code: asks whether the mailbox is there, and makes
 * BK_GONE of BK_REFUSED if it is not.  Returns -1. */
int bk_imap_look_if_gone(struct bk_imap *imap, struct bk_view mailbox,
			 struct bk_err *err);
/* " (MESSAGES UIDNEXT ...)": all that this server knows to say. */
void bk_imap_say_status_items(struct bk_imap *imap);

/* ---- patience: patience.c ---- */

/* Was it turned down for now only? */
bool bk_imap_is_busy(const struct bk_imap_command *command);
/* Waits for a server that said so.  0: say it again; -1: BK_BUSY when patience
 * has ended, BK_CANCELLED. */
int bk_imap_be_patient(struct bk_imap *imap,
		       const struct bk_imap_command *command,
		       struct bk_err *err);

#endif
