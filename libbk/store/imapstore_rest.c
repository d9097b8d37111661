/* What no other folder shows: see imapstore_rest.h. */

#include "store/imapstore_rest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

/* Do they show, of whatever folder, what others have too? */
static bool is_of_others(const char *use)
{
	return use && (strcasecmp(use, "\\All") == 0 ||
		       strcasecmp(use, "\\Flagged") == 0 ||
		       strcasecmp(use, "\\Important") == 0);
}

void bk_imapstore_rest_mark(struct bk_folder_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct bk_folder *folder = &list->items[i];
		if (!is_of_others(folder->special_use))
			continue;
		folder->rest = strcasecmp(folder->special_use, "\\All") == 0;
		folder->view = !folder->rest;
		/* How many it has, and whether a label went, is not told. */
		folder->counted = folder->counted && !folder->rest;
		if (folder->rest)
			folder->highest_modseq = 0;
	}
}

/* ---- the folders there are ---- */

static int by_bytes(const void *left, const void *right)
{
	const struct bk_view *a = left, *b = right;
	size_t len = a->len < b->len ? a->len : b->len;
	int order = len ? memcmp(a->data, b->data, len) : 0;

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void take_mailbox(struct bk_imapstore_shown *out,
			 const struct bk_imap_mailbox *mailbox)
{
	const size_t most = sizeof(out->uses) / sizeof(*out->uses);

	if (mailbox->is & (BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT) ||
	    is_of_others(mailbox->special_use))
		return;
	out->names[out->n++] = mailbox->name;
	if (mailbox->special_use && out->n_uses < most)
		out->uses[out->n_uses++] = mailbox->special_use;
}

int bk_imapstore_shown_ask(struct bk_imap *imap, struct bk_imapstore_shown *out,
			   struct bk_err *err)
{
	bk_imapstore_shown_clear(out);
	if (bk_imap_list(imap, false, false, &out->list, err) < 0)
		return -1;
	out->names = bk_alloc((out->list.n + 1) * sizeof(*out->names));
	for (size_t i = 0; i < out->list.n; i++)
		take_mailbox(out, &out->list.items[i]);
	qsort(out->names, out->n, sizeof(*out->names), by_bytes);
	return 0;
}

void bk_imapstore_shown_clear(struct bk_imapstore_shown *shown)
{
	bk_imap_mailbox_list_clear(&shown->list);
	free(shown->names);
	*shown = (struct bk_imapstore_shown){0};
}

/* ---- labels ---- */

static bool is_text(struct bk_view label, const char *text)
{
	return label.len == strlen(text) &&
	       strncasecmp((const char *)label.data, text, label.len) == 0;
}

/* Those of the system are written by what they are for, whatever language their
 * folder's name is in. */
static bool shows_use(const struct bk_imapstore_shown *shown,
		      struct bk_view label)
{
	static const struct {
		const char *label, *use;
	} known[] = {
		{"\\Sent",   "\\Sent"  },
                {"\\Draft",  "\\Drafts"},
		{"\\Drafts", "\\Drafts"},
                {"\\Junk",   "\\Junk"  },
		{"\\Spam",   "\\Junk"  },
                {"\\Trash",  "\\Trash" },
	};

	if (is_text(label, "\\Inbox"))
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		if (!is_text(label, known[i].label))
			continue;
		for (size_t k = 0; k < shown->n_uses; k++)
			if (strcasecmp(shown->uses[k], known[i].use) == 0)
				return true;
	}
	return false;
}

bool bk_imapstore_shown_has(const struct bk_imapstore_shown *shown,
			    const struct bk_imap_row *row)
{
	for (size_t i = 0; i < row->n_labels; i++) {
		struct bk_view label = row->labels[i];
		if (!label.len)
			continue;
		if (label.data[0] == '\\'
			    ? shows_use(shown, label)
			    : bsearch(&label, shown->names, shown->n,
				      sizeof(label), by_bytes) != NULL)
			return true;
	}
	return false;
}
