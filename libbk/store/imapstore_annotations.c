/*
 * Annotations of the account itself (RFC 5464): those of the mailbox "".  A
 * Dovecot tells of those alone that are asked for, or that are below what is
 * asked for; so those that the RFC leaves to people and programs are.
 */

#include <stdlib.h>
#include <string.h>

#include "store/imapstore.h"

/* What may be there under any name is below the last four. */
static const char *const usual[] = {
	"/private/comment", "/private/filters", "/shared/filters",
	"/private/vendor",  "/shared/vendor",
};

#define USUAL (sizeof(usual) / sizeof(*usual))

struct asked {
	const struct bk_script_list *also;
	struct bk_script_list *out;
	bool none; /* the server has no such thing */
};

/* What a server says of itself, or counts for itself. */
static bool is_servers(const char *name, bool cyrus)
{
	static const char *const own[] = {"/shared/admin", "/shared/comment",
					  "/shared/motd"};

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (strcmp(name, own[i]) == 0)
			return true;
	/* A Cyrus shares these with all of its accounts. */
	if (cyrus && strncmp(name, "/shared/", 8) == 0)
		return true;
	return strstr(name, "/vendor/cmu/cyrus-imapd/") ||
	       strstr(name, "/vendor/vendor.dovecot/");
}

/* Upper case is no other name (RFC 5464, section 3.2). */
static char *lower(const char *name, struct bk_arena *arena)
{
	char *text = bk_arena_strdup(arena, name);

	for (char *c = text; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

/* By name, each once. */
static void drop_doubles(struct bk_script_list *list)
{
	size_t n = 0;

	bk_script_list_sort(list);
	for (size_t i = 0; i < list->n; i++)
		if (!n ||
		    strcmp(list->items[n - 1].name, list->items[i].name) != 0)
			list->items[n++] = list->items[i];
	list->n = n;
}

static void take(struct bk_script_list *out,
		 const struct bk_metadata_list *list, bool cyrus)
{
	for (size_t i = 0; i < list->n; i++) {
		struct bk_view value = list->items[i].value;
		const char *name = lower(list->items[i].name, &out->arena);
		if (!bk_annotation_is_entry(name) || is_servers(name, cyrus))
			continue;
		struct bk_script *annotation = bk_script_list_add(out);
		annotation->name = name;
		annotation->text.len = value.len;
		annotation->text.data =
			bk_arena_memdup(&out->arena, value.data, value.len);
	}
	drop_doubles(out);
}

static size_t name_them(const struct bk_script_list *also, const char **names)
{
	size_t n = 0;

	for (; n < USUAL; n++)
		names[n] = usual[n];
	for (size_t i = 0; also && i < also->n; i++)
		if (bk_annotation_is_entry(also->items[i].name))
			names[n++] = also->items[i].name;
	return n;
}

static int ask(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	struct asked *asked = arg;
	struct bk_metadata_list list = {0};
	const struct bk_script_list *also = asked->also;
	bool cyrus = bk_imap_is_cyrus(session->imap);

	bk_script_list_clear(asked->out);
	asked->none = !bk_imap_can(session->imap, BK_IMAP_METADATA);
	if (asked->none)
		return 0;
	const char **names =
		bk_alloc((USUAL + (also ? also->n : 0)) * sizeof(*names));
	int rc = bk_imap_get_server_metadata(
		session->imap, names, name_them(also, names), &list, err);
	if (rc == 0)
		take(asked->out, &list, cyrus);
	bk_metadata_list_clear(&list);
	free(names);
	return rc;
}

int bk_imapstore_annotations(struct bk_store *store,
			     const struct bk_account *account,
			     const struct bk_script_list *also,
			     struct bk_script_list *out, struct bk_err *err)
{
	struct asked asked = {.also = also, .out = out};
	const struct bk_imapstore_act act = {.run = ask, .arg = &asked};
	int rc = bk_imapstore_run(bk_imapstore_of(store), account->address,
				  &act, err);

	return rc < 0 ? -1 : !asked.none;
}

static int put(struct bk_imapstore_session *session, void *arg,
	       struct bk_err *err)
{
	const struct bk_script *annotation = arg;
	const struct bk_property entry = {annotation->name, annotation->text};
	const struct bk_view server = {(const uint8_t *)"", 0};

	return bk_imap_set_metadata(session->imap, server, &entry, err);
}

int bk_imapstore_put_annotation(struct bk_store *store,
				const struct bk_account *account,
				const struct bk_script *annotation,
				struct bk_err *err)
{
	struct bk_imapstore *imapstore = bk_imapstore_of(store);
	struct bk_script what = *annotation;
	const struct bk_imapstore_act act = {.run = put, .arg = &what};

	if (!imapstore->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	return bk_imapstore_run(imapstore, account->address, &act, err);
}
