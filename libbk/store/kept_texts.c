/* Scripts and annotations among what a set has of an account: see
 * kept_texts.h. */

#include "store/kept_texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static const size_t most[BK_TEXT_KINDS] = {
	[BK_TEXT_SCRIPTS] = BK_KEPT_TEXTS_MOST,
	[BK_TEXT_ANNOTATIONS] = BK_KEPT_ANNOTATIONS_MOST,
};

/* What is before the name of one: that of an annotation begins with '/'. */
static size_t prefix(enum bk_text_kind kind)
{
	return strlen(bk_text_words[kind].kept) + (kind == BK_TEXT_SCRIPTS);
}

static bool is_one(enum bk_text_kind kind, const struct bk_property *setting)
{
	const char *kept = bk_text_words[kind].kept;
	size_t len = strlen(kept);

	return strncmp(setting->name, kept, len) == 0 &&
	       setting->name[len] == '/';
}

static bool is_mark(enum bk_text_kind kind, const struct bk_property *setting)
{
	return strcmp(setting->name, bk_text_words[kind].kept) == 0;
}

static bool is_ours(enum bk_text_kind kind, const struct bk_property *setting)
{
	return is_mark(kind, setting) || is_one(kind, setting);
}

/* Room for so many more than those that are none of ours, which come first. */
static void make_room(enum bk_text_kind kind, struct bk_account *account,
		      size_t more, struct bk_arena *arena)
{
	struct bk_property *settings = bk_arena_alloc(
		arena, (account->n_settings + more + 1) * sizeof(*settings));
	size_t n = 0;

	for (size_t i = 0; i < account->n_settings; i++)
		if (!is_ours(kind, &account->settings[i]))
			settings[n++] = account->settings[i];
	account->settings = settings;
	account->n_settings = n;
}

static void add(struct bk_account *account, const char *name,
		struct bk_view value)
{
	account->settings[account->n_settings++] =
		(struct bk_property){.name = name, .value = value};
}

/* ---- into a set ---- */

static bool too_large(const struct bk_script_list *texts, size_t limit)
{
	size_t bytes = 0;

	for (size_t i = 0; i < texts->n; i++) {
		const struct bk_script *text = &texts->items[i];
		if (text->text.len > limit)
			return true;
		bytes += strlen(text->name) + text->text.len;
		if (bytes > limit)
			return true;
	}
	return false;
}

int bk_kept_texts_put(enum bk_text_kind kind, struct bk_account *account,
		      const struct bk_script_list *texts,
		      struct bk_arena *arena, struct bk_err *err)
{
	const struct bk_text_words *words = &bk_text_words[kind];
	const char *active = "";

	if (too_large(texts, most[kind]))
		return bk_fail(err, BK_REFUSED,
			       "%zu %ss are above %zu KiB together, which "
			       "is all that a set has room for",
			       texts->n, words->each, most[kind] >> 10);
	for (size_t i = 0; i < texts->n; i++)
		if (texts->items[i].active)
			active = texts->items[i].name;
	make_room(kind, account, texts->n + 1, arena);
	add(account, words->kept,
	    (struct bk_view){(const uint8_t *)active, strlen(active)});
	for (size_t i = 0; i < texts->n; i++) {
		const struct bk_script *text = &texts->items[i];
		const char *slash = kind == BK_TEXT_SCRIPTS ? "/" : "";
		char *name =
			bk_asprintf("%s%s%s", words->kept, slash, text->name);
		add(account, bk_arena_strdup(arena, name), text->text);
		free(name);
	}
	return 0;
}

bool bk_kept_texts_take_over(enum bk_text_kind kind, struct bk_account *account,
			     const struct bk_account *from,
			     struct bk_arena *arena)
{
	make_room(kind, account, from->n_settings, arena);
	size_t n = account->n_settings;
	for (size_t i = 0; i < from->n_settings; i++)
		if (is_ours(kind, &from->settings[i]))
			add(account, from->settings[i].name,
			    from->settings[i].value);
	return account->n_settings > n;
}

/* ---- out of a set ---- */

/* A set is not trusted: what no server would call so is none. */
static bool is_name(enum bk_text_kind kind, const char *name)
{
	if (!*name || !bk_utf8_valid(name, strlen(name)))
		return false;
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return kind == BK_TEXT_SCRIPTS || bk_annotation_is_entry(name);
}

static bool same_name(struct bk_view text, const char *name)
{
	return text.len == strlen(name) &&
	       (!text.len || memcmp(text.data, name, text.len) == 0);
}

int bk_kept_texts(enum bk_text_kind kind, const struct bk_account *account,
		  struct bk_script_list *out)
{
	const struct bk_property *active = NULL;

	for (size_t i = 0; i < account->n_settings; i++)
		if (is_mark(kind, &account->settings[i]))
			active = &account->settings[i];
	for (size_t i = 0; active && i < account->n_settings; i++) {
		const struct bk_property *from = &account->settings[i];
		if (!is_one(kind, from) ||
		    !is_name(kind, from->name + prefix(kind)))
			continue;
		const char *name = from->name + prefix(kind);
		struct bk_script *text = bk_script_list_add(out);
		*text = (struct bk_script){
			.name = bk_arena_strdup(&out->arena, name),
			.text.data = bk_arena_memdup(
				&out->arena, from->value.data, from->value.len),
			.text.len = from->value.len,
			.active = same_name(active->value, name),
		};
	}
	bk_script_list_sort(out);
	return active != NULL;
}
