/*
 * A connection by SSH to a host's SFTP (RFC 4254 6.5), as a stream of bytes:
 * libcurl connects (proxy, names, time-outs: net/link.h), libssh speaks SSH.
 * Used by one thread at a time.
 *
 * Never with a host whose key is not known.  Keys are looked up in a file of
 * OpenSSH's form (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"); one that is new is
 * written down when accept_new of the access says so, one that has changed
 * never is.  Nothing of ~/.ssh/config is heeded.
 *
 * Errors: BK_LOST for what may pass when it is tried again (no connection, a
 * time-out, closed by the other side), BK_DENIED for host keys and logins,
 * BK_MISUSE, BK_CANCELLED.  After an error only close may follow.
 */

#ifndef BK_NET_SSH_H
#define BK_NET_SSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "net/link.h"

struct bk_ssh;

/* Connects, looks at the host's key, logs in with the key or the password of
 * the link's access, and asks for SFTP.  BK_MISUSE when there is no
 * file of known hosts and none may be begun, or no login was given; BK_DENIED
 * when that file cannot be written and has to be.  The link must outlive it.
 * `tidying`: to clean up after what failed or was broken off; it goes on though
 * the run was cancelled, for 3 s at most. */
int bk_ssh_open(struct bk_ssh **out, struct bk_link *link, bool tidying,
		struct bk_err *err);
void bk_ssh_close(struct bk_ssh *ssh); /* NULL is fine; says goodbye */

/* Sends all of a packet.  When the run is cancelled before the first byte goes,
 * nothing is sent; later it is still sent, unless that takes long. */
int bk_ssh_write(struct bk_ssh *ssh, const void *data, size_t len,
		 struct bk_err *err);
/* Fills all of it, however long that takes, as long as something comes;
 * `go_on`: with the packet that was begun. */
int bk_ssh_read(struct bk_ssh *ssh, void *into, size_t len, bool go_on,
		struct bk_err *err);
/* Was a packet under way when the last call failed?  If not, and it was merely
 * cancelled, the connection can still be used. */
bool bk_ssh_is_cut(const struct bk_ssh *ssh);

/* Is the other side still there, and silent, as it should be before it was
 * asked?  Does not wait. */
bool bk_ssh_is_idle(struct bk_ssh *ssh);

#endif
