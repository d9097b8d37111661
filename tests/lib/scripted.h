/* A server in a thread of the test, which says what the test wrote down. */

#ifndef BK_TESTS_LIB_SCRIPTED_H
#define BK_TESTS_LIB_SCRIPTED_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scripted {
	uint16_t port; /* on 127.0.0.1 */

	/* Private. */
	pthread_t thread;
	int listener;
	void (*serve)(int fd, unsigned number);
};

/* Calls serve(connection, 0, 1, 2...) for one connection after the other, and
 * closes them. */
void scripted_start(struct scripted *server,
		    void (*serve)(int fd, unsigned number));
void scripted_stop(struct scripted *server);

/* Reads up to and with the first empty line; the text, in a buffer that the
 * next call uses again; "" at the end. */
const char *scripted_request(int fd);
/* The same of one line, which comes without its end. */
const char *scripted_line(int fd);
void scripted_say(int fd, const char *text);
/* Reads n bytes, or as many as come. */
size_t scripted_swallow(int fd, size_t n);

/* Greets as an IMAP server in clear text, and takes any password; true when
 * somebody is logged in. */
bool scripted_imap_login(int fd);

#endif
