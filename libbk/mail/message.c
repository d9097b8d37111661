/* Lists of accounts, folders and messages: see message.h. */

#include "mail/message.h"

#include <stdlib.h>
#include <string.h>

bool bk_annotation_is_entry(const char *name)
{
	return strncmp(name, "/private/", 9) == 0 ||
	       strncmp(name, "/shared/", 8) == 0;
}

bool bk_annotation_is_peoples(const char *name)
{
	size_t len = strlen(name);

	if (!bk_annotation_is_entry(name))
		return false;
	return !strstr(name, "/vendor/") &&
	       (len < 11 || strcmp(name + len - 11, "/specialuse") != 0);
}

static const char *text_or_empty(const char *s)
{
	return s ? s : "";
}

void bk_message_list_clear(struct bk_message_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_message_list){0};
}

struct bk_message *bk_message_list_add(struct bk_message_list *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	struct bk_message *msg = &list->items[list->n++];

	*msg = (struct bk_message){0};
	return msg;
}

int bk_message_compare(const struct bk_message *a, const struct bk_message *b)
{
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return strcmp(text_or_empty(a->name), text_or_empty(b->name));
}

static int by_uid_and_name(const void *left, const void *right)
{
	return bk_message_compare(left, right);
}

void bk_message_list_sort(struct bk_message_list *list)
{
	/* Most listings come sorted, and the check costs nothing beside what
	 * qsort would move. */
	for (size_t i = 1; i < list->n; i++) {
		if (by_uid_and_name(&list->items[i - 1], &list->items[i]) <= 0)
			continue;
		qsort(list->items, list->n, sizeof(*list->items),
		      by_uid_and_name);
		return;
	}
}

void bk_folder_clear(struct bk_folder *folder)
{
	bk_arena_clear(&folder->arena);
	*folder = (struct bk_folder){0};
}

void bk_folder_list_clear(struct bk_folder_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		bk_folder_clear(&list->items[i]);
	free(list->items);
	*list = (struct bk_folder_list){0};
}

struct bk_folder *bk_folder_list_add(struct bk_folder_list *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	struct bk_folder *folder = &list->items[list->n++];

	*folder = (struct bk_folder){0};
	return folder;
}

/* The arena cannot give back an outgrown table, so it doubles. */
static void make_room_for_a_keyword(struct bk_folder *folder)
{
	if (folder->n_keywords < folder->cap_keywords)
		return;
	size_t cap = folder->n_keywords < 8 ? 16 : folder->n_keywords * 2;
	const char **table =
		bk_arena_alloc(&folder->arena, cap * sizeof(*table));

	for (size_t i = 0; i < folder->n_keywords; i++)
		table[i] = folder->keywords[i];
	folder->keywords = table;
	folder->cap_keywords = cap;
}

uint16_t bk_folder_keyword(struct bk_folder *folder, const char *keyword)
{
	for (size_t i = 0; i < folder->n_keywords; i++) {
		if (!strcmp(folder->keywords[i], keyword))
			return (uint16_t)i;
	}
	if (folder->n_keywords >= BK_KEYWORDS_MAX)
		return BK_KEYWORD_NONE;
	make_room_for_a_keyword(folder);
	folder->keywords[folder->n_keywords] =
		bk_arena_strdup(&folder->arena, keyword);
	return (uint16_t)folder->n_keywords++;
}

static int ascending(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

uint16_t bk_keywords_sort(uint16_t *keywords, uint16_t n)
{
	uint16_t left = 0;

	if (n)
		qsort(keywords, n, sizeof(*keywords), ascending);
	for (uint16_t i = 0; i < n; i++)
		if (!left || keywords[left - 1] != keywords[i])
			keywords[left++] = keywords[i];
	return left;
}

void bk_folder_adopt_keywords(struct bk_folder *folder,
			      const char *const *names, struct bk_message *msg,
			      struct bk_arena *arena)
{
	uint16_t n = 0;

	if (!msg->n_keywords)
		return;
	uint16_t *own = bk_arena_alloc(arena, msg->n_keywords * sizeof(*own));
	for (size_t i = 0; i < msg->n_keywords; i++) {
		own[n] = bk_folder_keyword(folder, names[msg->keywords[i]]);
		if (own[n] != BK_KEYWORD_NONE)
			n++;
	}
	msg->keywords = own;
	msg->n_keywords = bk_keywords_sort(own, n);
}

void bk_account_list_clear(struct bk_account_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_account_list){0};
}

int bk_folder_check_keywords(const struct bk_folder *folder,
			     const struct bk_message *msg, struct bk_err *err)
{
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		if (msg->keywords[i] >= folder->n_keywords)
			return bk_fail(err, BK_CORRUPT, "keyword %u of %zu",
				       (unsigned)msg->keywords[i],
				       folder->n_keywords);
	return 0;
}

bool bk_message_same_keywords(const struct bk_message *a,
			      const struct bk_message *b)
{
	return a->n_keywords == b->n_keywords &&
	       (!a->n_keywords ||
		memcmp(a->keywords, b->keywords,
		       a->n_keywords * sizeof(*a->keywords)) == 0);
}

bool bk_message_same_marks(const struct bk_message *a,
			   const struct bk_message *b)
{
	return a->flags == b->flags && bk_message_same_keywords(a, b);
}

struct bk_account *bk_account_list_add(struct bk_account_list *list)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	struct bk_account *account = &list->items[list->n++];

	*account = (struct bk_account){0};
	return account;
}

static int by_address(const void *left, const void *right)
{
	const struct bk_account *a = left;
	const struct bk_account *b = right;

	return strcmp(text_or_empty(a->address), text_or_empty(b->address));
}

void bk_account_list_sort(struct bk_account_list *list)
{
	if (list->n > 1)
		qsort(list->items, list->n, sizeof(*list->items), by_address);
}
