/*
 * The next folder of the source, listed before its turn comes: see pass.h.
 *
 * Between the last body of a folder and the destination's word that all is
 * there the source would wait.  Only a folder that no pass knows yet is listed
 * so; what comes to it meanwhile comes with the next pass, as what comes after
 * any listing does.
 */

#include "sync/pass.h"

/* Of a larger one the list would take memory, and a round trip is little. */
#define MESSAGES_MOST 10000

static void *list_it(void *arg)
{
	struct bk_ahead *ahead = arg;
	const struct bk_sync_end *from = ahead->from;
	struct bk_err unheard = {0};

	ahead->rc =
		from->store->ops->scan(from->store, from->account,
				       ahead->folder, &ahead->list, &unheard);
	return NULL;
}

static struct bk_folder *next_of(struct bk_pass *pass)
{
	/* The rest is listed when all others are done. */
	if (pass->map.pairs[pass->at].from->rest)
		return NULL;
	for (size_t i = pass->at + 1; i < pass->map.n; i++) {
		const struct bk_folder_pair *pair = &pass->map.pairs[i];
		if (!bk_pass_wants(pass, pair) || pair->from->rest)
			continue;
		struct bk_folder *folder =
			&pass->from.items[pair->from - pass->from.items];
		if (folder->no_select || !folder->counted ||
		    !folder->messages || folder->messages > MESSAGES_MOST ||
		    pair->to || bk_pass_row(pass, folder->name))
			return NULL;
		return folder;
	}
	return NULL;
}

void bk_pass_look_ahead(struct bk_pass *pass)
{
	struct bk_ahead *ahead = &pass->ahead;
	struct bk_folder *folder = next_of(pass);

	if (!folder || ahead->folder || !pass->request->from.store->ops->far)
		return;
	/* With nothing to be compared, nobody has to know sizes. */
	folder->sizeless = true;
	*ahead = (struct bk_ahead){
		.from = &pass->request->from,
		.folder = folder,
	};
	if (pthread_create(&ahead->thread, NULL, list_it, ahead) != 0)
		ahead->folder = NULL;
	ahead->runs = ahead->folder != NULL;
}

void bk_pass_ahead_end(struct bk_pass *pass)
{
	struct bk_ahead *ahead = &pass->ahead;

	if (ahead->runs)
		(void)pthread_join(ahead->thread, NULL);
	ahead->runs = false;
}

bool bk_pass_looked_ahead(struct bk_pass *pass, const struct bk_folder *folder,
			  struct bk_message_list *out)
{
	struct bk_ahead *ahead = &pass->ahead;
	const struct bk_folder *listed = ahead->folder;

	if (!listed)
		return false;
	bk_pass_ahead_end(pass);
	ahead->folder = NULL;
	if (listed == folder && ahead->rc == 0) {
		*out = ahead->list;
		return true;
	}
	bk_message_list_clear(&ahead->list);
	return false;
}
