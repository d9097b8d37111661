/* A link to a scripted server. */

#ifndef BK_TESTS_LIB_SCRIPTED_LINK_H
#define BK_TESTS_LIB_SCRIPTED_LINK_H

#include "lib/scripted.h"
#include "net/link.h"

struct scripted_link {
	struct scripted server;
	struct bk_url url;
	struct bk_access access; /* clear text is fine */
	struct bk_link *link;
};

/* Starts the server, and opens a link to it: "http", 5 seconds of patience. */
void scripted_link_open(struct scripted_link *to, const char *scheme,
			unsigned timeout_s,
			void (*serve)(int fd, unsigned number));
void scripted_link_close(struct scripted_link *to);

#endif
