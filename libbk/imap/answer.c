/* Lists of what a server said: see answer.h. */

#include "imap/answer.h"

#include <stdlib.h>

void bk_imap_mailbox_list_clear(struct bk_imap_mailbox_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_imap_mailbox_list){0};
}

void bk_acl_list_clear(struct bk_acl_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_acl_list){0};
}

void bk_metadata_list_clear(struct bk_metadata_list *list)
{
	free(list->items);
	bk_arena_clear(&list->arena);
	*list = (struct bk_metadata_list){0};
}
