/*
 * The next folder, before its turn comes: see pass.h.
 *
 * Between the last body of a folder and the destination's word that all is
 * there the source would wait: it lists the next one, and begins to send what
 * is in it.  The destination is asked to make that one behind the last batch.
 * So of a folder that no pass knows yet nothing is waited for twice.  What
 * comes to it meanwhile comes with the next pass, as what comes after any
 * listing does.
 */

#include "base/fault.h"
#include "sync/pass.h"

/* Of a larger one the list would take memory, and a round trip is little; and
 * so many are asked for at a time. */
#define MESSAGES_MOST BK_SYNC_FETCH_MESSAGES

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

/* The next one that no pass knows and that is not at the destination. */
static const struct bk_folder_pair *next_of(struct bk_pass *pass)
{
	/* The rest is listed when all others are done. */
	if (pass->map.pairs[pass->at].from->rest)
		return NULL;
	for (size_t i = pass->at + 1; i < pass->map.n; i++) {
		const struct bk_folder_pair *pair = &pass->map.pairs[i];
		const struct bk_folder *from = pair->from;
		if (!bk_pass_wants(pass, pair) || from->rest || from->no_select)
			continue;
		if (!from->counted || !from->messages ||
		    from->messages > MESSAGES_MOST || pair->to ||
		    bk_pass_row(pass, from->name))
			return NULL;
		return pair;
	}
	return NULL;
}

/* The journal knows of it before it is made. */
static bool prepare(struct bk_ahead *ahead)
{
	const struct bk_sync_request *request = ahead->next.pass->request;
	struct bk_err unheard = {0};

	if (request->dry_run || !request->to.store->ops->far ||
	    bk_folder_pass_prepare(&ahead->next, &unheard) < 0)
		return false;
	bk_fault("sync: folder announced ahead");
	return true;
}

void bk_pass_look_ahead(struct bk_pass *pass)
{
	const struct bk_sync_request *request = pass->request;
	struct bk_ahead *ahead = &pass->ahead;
	const struct bk_folder_pair *pair = next_of(pass);

	if (!pair || ahead->folder || !request->from.store->ops->far)
		return;
	*ahead = (struct bk_ahead){
		.from = &request->from,
		.next = bk_pass_folder_of(pass, pair),
	};
	ahead->makes = prepare(ahead);
	ahead->folder = ahead->next.from;
	/* With nothing to be compared, nobody has to know sizes. */
	ahead->folder->sizeless = true;
	ahead->folder->bodies_too =
		!request->dry_run &&
		(!request->fetch_messages ||
		 ahead->folder->messages <= request->fetch_messages);
	if (pthread_create(&ahead->thread, NULL, list_it, ahead) != 0)
		ahead->folder = NULL;
	ahead->runs = ahead->folder != NULL;
}

const struct bk_folder *bk_pass_made_next(const struct bk_pass *pass)
{
	const struct bk_ahead *ahead = &pass->ahead;

	return ahead->folder && ahead->makes ? &ahead->next.want : NULL;
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
