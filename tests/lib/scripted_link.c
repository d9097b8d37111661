/* A link to a scripted server: see scripted_link.h. */

#include "lib/scripted_link.h"

#include "lib/test.h"

#include <stdio.h>

void scripted_link_open(struct scripted_link *to, const char *scheme,
			unsigned timeout_s,
			void (*serve)(int fd, unsigned number))
{
	struct bk_err err = {0};
	char text[64];

	*to = (struct scripted_link){
		.access = {.allow_cleartext = true, .timeout_s = timeout_s},
	};
	scripted_start(&to->server, serve);
	(void)snprintf(text, sizeof(text), "%s://127.0.0.1:%u/x", scheme,
		       (unsigned)to->server.port);
	assert_int_equal(bk_url_parse(&to->url, text, &err), 0);
	assert_int_equal(bk_link_open(&to->link, &to->url, &to->access, &err),
			 0);
}

void scripted_link_close(struct scripted_link *to)
{
	bk_link_close(to->link);
	bk_url_clear(&to->url);
	scripted_stop(&to->server);
}
