/* Keywords that a destination turns down: see refused_words.h. */

#include "sync/refused_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void bk_refused_words_clear(struct bk_refused_words *refused)
{
	for (size_t i = 0; i < refused->n; i++)
		free(refused->why[i]);
	free(refused->why);
	*refused = (struct bk_refused_words){0};
}

static const char *why_not(const struct bk_refused_words *refused,
			   uint16_t keyword)
{
	return keyword < refused->n ? refused->why[keyword] : NULL;
}

struct bk_message bk_refused_words_without(
	const struct bk_refused_words *refused, const struct bk_message *msg,
	struct bk_arena *arena)
{
	struct bk_message without = *msg;
	bool any = false;

	for (uint16_t i = 0; i < msg->n_keywords; i++)
		any |= why_not(refused, msg->keywords[i]) != NULL;
	if (!any)
		return without;
	uint16_t *left = bk_arena_alloc(arena, msg->n_keywords * sizeof(*left));
	without.keywords = left;
	without.n_keywords = 0;
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		if (!why_not(refused, msg->keywords[i]))
			left[without.n_keywords++] = msg->keywords[i];
	return without;
}

static void learn(struct bk_refused_words *refused, uint16_t keyword,
		  const struct bk_err *why)
{
	size_t n = keyword + 1U;

	if (refused->n < n) {
		refused->why =
			bk_realloc(refused->why, n * sizeof(*refused->why));
		memset(refused->why + refused->n, 0,
		       (n - refused->n) * sizeof(*refused->why));
		refused->n = n;
	}
	free(refused->why[keyword]);
	refused->why[keyword] = bk_strdup(why->text);
}

/* 1: it has the keyword now, 0: it was turned down. */
static int set(struct bk_folder_pass *folder, const struct bk_message *is,
	       const struct bk_message *want, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	struct bk_message_list told = {0};

	int rc = writer->store->ops->set_flags(writer, is, want, err);
	if (rc == 0)
		rc = bk_folder_pass_flush(folder, &told, err);
	bk_message_list_clear(&told);
	if (rc == 0)
		return 1;
	return err->kind == BK_REFUSED || err->kind == BK_DENIED ? 0 : -1;
}

int bk_refused_words_find(struct bk_refused_words *refused,
			  struct bk_folder_pass *folder,
			  const struct bk_message *msg, struct bk_message *is,
			  struct bk_err *err)
{
	uint16_t *has = bk_arena_alloc(&folder->arena,
				       (msg->n_keywords + 1U) * sizeof(*has));

	is->keywords = has;
	is->n_keywords = 0;
	for (uint16_t i = 0; i < msg->n_keywords; i++) {
		struct bk_message want = *is;
		struct bk_err why = {0};
		if (why_not(refused, msg->keywords[i]))
			continue;
		has[want.n_keywords++] = msg->keywords[i];
		int rc = set(folder, is, &want, &why);
		if (rc < 0) {
			*err = why;
			return bk_err_at(err, BK_END_DESTINATION);
		}
		if (rc > 0)
			is->n_keywords = want.n_keywords;
		else
			learn(refused, msg->keywords[i], &why);
	}
	return 0;
}

static bool has(const struct bk_message *msg, uint16_t keyword)
{
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		if (msg->keywords[i] == keyword)
			return true;
	return false;
}

/* The message is not tried again: no later pass tells of it. */
static void keep(struct bk_folder_pass *folder, const char *word,
		 const char *own, const struct bk_err *why)
{
	char *text = bk_asprintf("keyword %s: %s", word, own ? own : why->text);

	bk_folder_pass_carried(folder, "flags", BK_BECAME_IMPOSSIBLE, 1, text);
	free(text);
}

void bk_refused_words_tell(const struct bk_refused_words *refused,
			   struct bk_folder_pass *folder,
			   const struct bk_message *msg,
			   const struct bk_message *is,
			   const struct bk_err *why)
{
	struct bk_err all = {.kind = BK_REFUSED};
	struct bk_buf words = {0};
	const char *reason = NULL;
	size_t n = 0;

	for (uint16_t i = 0; i < msg->n_keywords; i++) {
		if (has(is, msg->keywords[i]))
			continue;
		const char *own = why_not(refused, msg->keywords[i]);
		if (!reason)
			reason = own;
		keep(folder, folder->words.keywords[msg->keywords[i]], own,
		     why);
		bk_buf_printf(&words, "%s%s", n++ ? ", " : "",
			      folder->words.keywords[msg->keywords[i]]);
	}
	if (n) {
		(void)bk_fail(&all, BK_REFUSED, "%s %s: %s",
			      n == 1 ? "keyword" : "keywords",
			      bk_buf_text(&words), reason ? reason : why->text);
		folder->pass->counts->lost_flags++;
		bk_pass_tell(folder, msg, &all,
			     n == 1 ? "copied without it"
				    : "copied without them");
	}
	bk_buf_clear(&words);
}
