/* SPDX-License-Identifier: MIT */
/*
 * What is shown, and in which order, as scripts: updates of a surface a, and of a parent p with its
 * synchronised child c, which are all on the output.
 *
 * A letter is a surface, a digit a fence. A word of a script is one of these:
 *
 *   a a1 a-   a commit with a buffer; with one whose writer has this fence; without a buffer
 *   sa wa fa  a fifo barrier before any of these: set, waited for, or both
 *   ta        as fa, and not before 10 ms have gone by
 *   !1        the fence signals
 *   La        the output latches the surface
 *   xa        the surface is destroyed
 *   =apa      of these surfaces a commit was applied since the beginning, in this order
 *   ?2        so many updates are held
 *
 * and those of take_word(). In the beginning p and c have been shown once, and a never.
 */

#include "world.h"

static struct {
	/* By name. */
	struct surface *surfaces['z' + 1];
	struct wp_fifo_v1 *fifos['z' + 1];
	struct wp_commit_timer_v1 *timers['z' + 1];
	int fences['9' + 1]; // 0: not made yet
	struct wl_subsurface *child;
} scene;

static struct surface *add_surface(char name) {
	struct surface *surface = surface_create(name);
	scene.surfaces[(int)name] = surface;
	scene.fifos[(int)name] = surface_get_fifo(surface);
	scene.timers[(int)name] = surface_get_timer(surface);
	return surface;
}

static int fence(char digit) {
	int *fd = &scene.fences[(int)digit];
	if (*fd == 0) {
		*fd = world_fence();
	}
	return *fd;
}

static void commit(const char *word) {
	bool timed = word[0] == 't', both = word[0] == 'f' || timed;
	bool sets = word[0] == 's' || both, waits = word[0] == 'w' || both;
	word += sets || waits;
	if (timed) {
		timer_set(scene.timers[(int)word[0]], latch_now_ns() + 10 * MS);
	}
	if (sets) {
		wp_fifo_v1_set_barrier(scene.fifos[(int)word[0]]);
	}
	if (waits) {
		wp_fifo_v1_wait_barrier(scene.fifos[(int)word[0]]);
	}
	struct surface *surface = scene.surfaces[(int)word[0]];
	if (word[1] == '-') {
		wl_surface_commit(surface->wl);
	} else {
		surface_draw(surface, word[1] != '\0' ? fence(word[1]) : -1);
	}
}

static void take_word(const char *word) {
	if (strcmp(word, "desync") == 0) {
		wl_subsurface_set_desync(scene.child);
	} else if (strcmp(word, "sync") == 0) {
		wl_subsurface_set_sync(scene.child);
	} else if (strcmp(word, "leave") == 0) { // c is no child any more
		wl_subsurface_destroy(world_forget(scene.child));
	} else if (strcmp(word, "nest") == 0) { // p becomes the child of g
		surface_make_child(scene.surfaces['p'], add_surface('g'));
	} else if (strcmp(word, "kill") == 0) {
		world_kill_client();
	} else if (strcmp(word, "later") == 0) { // than each time that was set
		world_wait(20);
	} else if (word[0] == '!') {
		kernel_fence_signal(fence(word[1]), latch_now_ns());
	} else if (word[0] == 'L') {
		surface_latch(scene.surfaces[(int)word[1]]);
	} else if (word[0] == 'x') {
		surface_destroy(scene.surfaces[(int)word[1]]);
	} else if (word[0] == '=') {
		assert_string_equal(world.order, word + 1);
	} else if (word[0] == '?') {
		assert_int_equal(world_stats().held, atoi(word + 1));
	} else {
		commit(word);
	}
	world_sync();
}

static void run(const char *script) {
	memset(&scene, 0, sizeof(scene));
	setup_shown(NULL);
	add_surface('a');
	scene.child = surface_make_child(add_surface('c'), add_surface('p'));
	surface_draw(scene.surfaces['c'], -1);
	surface_draw(scene.surfaces['p'], -1);
	assert_string_equal(world.order, "cp");
	memset(world.order, 0, sizeof(world.order));
	test_play(script, take_word);
	world_finish();
}

static const struct {
	const char *name, *script;
} rows[] = {
	{"a parent waits for its child", "c1 p = !1 =cp"},
	{"a parent that brings no buffer waits too", "c1 p- = !1 =cp"},
	{"a child waits for its parent", "c p1 = !1 =cp"},
	{"a child that is ready first is not shown alone", "c1 !1 = p =cp"},
	{"desynchronised they are independent", "desync c1 p =p p2 !1 =pc c =pcc !2 =pccp"},
	/* What the child commits while its parent is held belongs to the parent's next update,
	 * whether its fence is done before, after, or it has none. */
	{"the next update does not slip in", "p1 c c2 !1 =p !2 =p p =pccp"},
	{"nor behind another one", "c p1 c c2 !1 =cp !2 =cp p =cpccp"},
	{"two of the parent's wait, each with one of the child",
		"c1 p c2 p c !1 =cp !2 =cpcp p- =cpcpcp"},
	/* The lock that was handed to wlr_subsurface is given up. */
	{"desynchronised after the parent's fence", "p1 c !1 =p desync =pc c =pcc"},
	{"desynchronised before it", "p1 c desync !1 =cp"},
	/* By its ancestor's mode it is synchronised all the same, and does not go with an update of
	 * its parent's that was there before it. */
	{"a desynchronised grandchild",
		"nest desync c1 p g = !1 =cpg p c g- =cpgpg p- g- =cpgpgcpg"},
	{"the child is destroyed while its parent waits", "c1 p = leave xc =p"},
	{"the parent is destroyed while it waits", "p1 c c xp =cc ?0"},
	{"the role is destroyed while the parent waits", "p1 c leave !1 =cp"},
	{"killed with everything pending", "c1 p2 c3 p c leave kill !1 !2 !3"},

	/* The first goes at once; the barrier of the last one is lifted, too. */
	{"one update for each latch", "fa fa fa fa =a La =aa La =aaa La =aaaa ?0 La fa =aaaaa"},
	{"one that does not wait keeps its place behind one that does",
		"fa a =aa fa a a- =aa La =aaaaa"},
	{"a barrier stands until the latch, whatever comes between",
		"sa a =aa wa =aa La =aaa wa =aaaa"},
	{"commits without a buffer count like others", "sa- wa- =a La =aa"},
	/* The barrier is that of the update before, which is not even applied yet. */
	{"a barrier behind a fence", "fa1 fa fa3 La = !1 =a La =aa La =aa fa !3 =aaa La =aaaa"},
	{"a fence that signals lets none past its barrier", "fa fa1 !1 =a La =aa"},
	{"of a synchronised child the parent's turn counts", "fc p =cp fc p =cpcp fc p =cpcpcp"},
	{"of a desynchronised one its own", "fc p =cp desync fc =cp Lc =cpc"},
	{"held, and then synchronised", "desync fc fc =c sync p =ccp"},

	{"destroyed while it waits for a barrier, and for a time",
		"fa fp fa ta fp =ap xa ?1 Lp later =app ?0"},
	{"killed while it does", "fa fp fa ta tp =ap ?3 kill later"},
};

static void every_script(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %s\n", rows[i].name);
		run(rows[i].script);
	}
}

TEST_MAIN("order", UNIT(every_script))
