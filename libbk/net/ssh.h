/*
 * Whom SSH talks to, and who we are: never a host whose key is not known.
 * Keys are looked up in a file of OpenSSH's form (sshd(8), "SSH_KNOWN_HOSTS
 * FILE FORMAT"); one that is new is written down when accept_new of the access
 * says so, one that has changed never is.
 */

#ifndef BK_NET_SSH_H
#define BK_NET_SSH_H

#include "base/err.h"
#include "net/link.h"

/* {0} is a valid empty one. */
struct bk_ssh {
	char *known_hosts; /* path */
};

/* BK_MISUSE when there is no file of known hosts and none may be begun, or no
 * login was given; BK_DENIED when it cannot be written and has to be. */
int bk_ssh_init(struct bk_ssh *ssh, const struct bk_url *url,
		const struct bk_access *how, struct bk_err *err);
void bk_ssh_clear(struct bk_ssh *ssh);

/* After bk_line_to: an unknown or changed host key ends the act with
 * BK_DENIED, before the password is sent. */
void bk_ssh_guard(const struct bk_ssh *ssh, struct bk_line *line);

#endif
