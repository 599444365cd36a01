package steps

import (
	"context"
	"errors"
	"fmt"
	"time"

	"palmail/m365"
	"palmail/store"
)

// waitScreenDelay is how long a call can take before a screen says what palmail
// is waiting for.
const waitScreenDelay = 400 * time.Millisecond

// keyringLimit is how long one call to a keyring can take: somebody may have to
// find its prompt and answer it.
const keyringLimit = 2 * time.Minute

// withWaitScreen calls do, and shows w when it takes longer than waitScreenDelay.
func (s *session) withWaitScreen(ctx context.Context, w Work, task Task, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- do(ctx) }()
	t := time.NewTimer(waitScreenDelay)
	defer t.Stop()
	select {
	case err := <-done:
		return err
	case <-t.C:
	}
	w.Run = func(ctx context.Context, report Report) error {
		task.State = Busy
		report(task)
		select {
		case err := <-done:
			done <- err
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := s.UI.Work(ctx, w)
	cancel()
	if kept := <-done; err == nil || kept == nil {
		return kept
	}
	return err
}

// saveBetweenScreens saves the record where no screen is at work that could say
// so, and shows one when it takes longer than waitScreenDelay.
func (s *session) saveBetweenScreens(ctx context.Context) error {
	return s.withWaitScreen(ctx, s.keyringWork("Keeping your answers"), keyringTask(),
		func(ctx context.Context) error { return s.Store.Save(ctx, s.Profile, &s.setup) })
}

// deleteRecord deletes the record, with a screen like that of saveBetweenScreens.
func (s *session) deleteRecord(ctx context.Context) error {
	return s.withWaitScreen(ctx, s.keyringWork("Deleting the record"), keyringTask(),
		func(ctx context.Context) error { return s.Store.Delete(ctx, s.Profile) })
}

// open finds a usable place to keep the setup in, loads it and claims it.
func (s *session) open(ctx context.Context) (release func(context.Context) error, err error) {
	if err := s.openStore(ctx); err != nil {
		return nil, err
	}
	if release, err = s.claim(ctx); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		s.release(ctx, release)
		return nil, err
	}
	return release, nil
}

// release gives the profile back, also when the program is leaving because
// ctx has ended. Nobody is shown anything then.
func (s *session) release(ctx context.Context, release func(context.Context) error) {
	give := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return release(ctx)
	}
	var err error
	if ctx.Err() != nil {
		err = give(ctx)
	} else {
		task := keyringTask()
		task.Limit = 5 * time.Second
		err = s.withWaitScreen(ctx, s.keyringWork("Closing the profile"), task, give)
	}
	if err != nil {
		s.Log.Warn("could not release the profile", "err", err)
	}
}

// load reads the stored setup, if there is one that can be read.
func (s *session) load(ctx context.Context) error {
	for {
		var setup store.Setup
		err := s.withWaitScreen(ctx, s.keyringWork("Reading your setup"), keyringTask(),
			func(ctx context.Context) (err error) {
				setup, err = s.Store.Load(ctx, s.Profile)
				return err
			})
		switch {
		case err == nil:
			s.setup, s.stored = setup, true
			return nil
		case errors.Is(err, store.ErrNotFound):
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, store.ErrNewer):
			f := StoreFinding(err, s.Store.Place(), s.Profile)
			if err := s.UI.Show(ctx, Notice{
				Frame: s.frame("newer", PhaseNone, ""), Title: f.Title, Finding: &f, Submit: "leave",
			}); err != nil && !errors.Is(err, ErrBack) {
				return err
			}
			return fmt.Errorf("reading the profile: %w", err)
		}
		if err := s.unreadable(ctx, err); err != nil {
			return err
		}
	}
}

// unreadable asks what to do about a record that cannot be read, and returns nil to read again.
func (s *session) unreadable(ctx context.Context, cause error) error {
	f := StoreFinding(cause, s.Store.Place(), s.Profile)
	options := []Option{
		{Key: optionRetry, Text: "Try again"}, {Key: optionLeave, Text: "Leave", Note: "nothing is changed"},
	}
	if errors.Is(cause, store.ErrDamaged) || errors.Is(cause, ErrCloud) {
		options = append(options, Option{
			Key: "remove", Text: "Remove this record and start again", Note: "what PAL uses keeps working",
		})
	}
	picked, err := s.choose(ctx, Choice{
		Frame: s.frame("unreadable", PhaseNone, ""), Title: f.Title, Finding: &f, Options: options,
	})
	switch {
	case errors.Is(err, ErrBack), err == nil && picked == optionLeave:
		return fmt.Errorf("reading the profile: %w", cause)
	case err == nil && picked == "remove":
		return s.deleteRecord(ctx)
	}
	return err
}

// openStore probes the store before anything is asked, and offers to go on
// in memory when it cannot be used. A secret is never written anywhere else.
func (s *session) openStore(ctx context.Context) error {
	for {
		err := s.withWaitScreen(ctx, s.keyringWork("Looking at the keyring"), keyringTask(), s.Store.Probe)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		s.Log.Warn("the keyring cannot be used", "err", err)
		f := StoreFinding(err, s.Store.Place(), s.Profile)
		picked, err := s.choose(ctx, Choice{
			Frame: s.frame("keyring", PhaseNone, ""), Title: f.Title, Finding: &f,
			Options: []Option{
				{Key: optionRetry, Text: "Try again", Note: "after the remedy"},
				{
					Key: optionMemory, Text: "Go on in memory only",
					Note: "the setup works, but nothing is kept for next time",
				},
				{Key: optionLeave, Text: "Leave"},
			},
		})
		switch {
		case errors.Is(err, ErrBack), err == nil && picked == optionLeave:
			return ErrLeave
		case err != nil:
			return err
		case picked == optionMemory:
			s.Store, s.memory = s.Memory(), true
			return nil
		}
	}
}

// claim makes sure that no other palmail works on this profile.
func (s *session) claim(ctx context.Context) (func(context.Context) error, error) {
	var release func(context.Context) error
	claim := s.Store.Claim
	for {
		err := s.withWaitScreen(ctx, s.keyringWork("Opening the profile"), keyringTask(),
			func(ctx context.Context) (err error) {
				release, err = claim(ctx, s.Profile)
				return err
			})
		if err == nil || ctx.Err() != nil {
			return release, err
		}
		f := StoreFinding(err, s.Store.Place(), s.Profile)
		choice := Choice{Frame: s.frame("in-use", PhaseNone, ""), Title: f.Title, Finding: &f,
			Options: []Option{
				{Key: optionRetry, Text: "Try again"}, {Key: optionLeave, Text: "Leave", Note: "nothing is changed"},
			}}
		if errors.Is(err, store.ErrInUse) {
			choice.Options = append(choice.Options, Option{
				Key: "take-over", Text: "Take over", Note: "the other palmail can save nothing any more",
			})
		}
		picked, chose := s.choose(ctx, choice)
		switch {
		case errors.Is(chose, ErrBack), chose == nil && picked == optionLeave:
			return nil, fmt.Errorf("opening the profile: %w", err)
		case chose != nil:
			return nil, fmt.Errorf("%w: %w", err, chose) // so that a script learns why nothing was answered
		case picked == "take-over":
			claim = s.Store.ClaimForce
		}
	}
}

func (s *session) keyringWork(title string) Work {
	return Work{Frame: s.frame("keyring-wait", PhaseNone, ""), Title: title,
		Why: "Your setup is kept in " + s.Store.Place() + "."}
}

func keyringTask() Task {
	return Task{
		Key: "keyring", Text: "Waiting for the keyring", Limit: keyringLimit,
		Note: "If it asks to be unlocked, the window may be on another screen.",
	}
}

// saveOrAsk keeps the setup, waiting for an unlock dialog if need be, and asks what
// to do when that fails: nothing that was answered is lost while the program runs.
func (s *session) saveOrAsk(ctx context.Context) error {
	if s.rotation != nil {
		return s.saveOrStop(ctx)
	}
	for {
		err := s.saveBetweenScreens(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		s.Log.Warn("could not keep the setup", "err", err)
		f := StoreFinding(err, s.Store.Place(), s.Profile)
		picked, chose := s.choose(ctx, Choice{
			Frame: s.frame("not-kept", PhaseNone, ""), Title: f.Title, Finding: &f,
			Options: []Option{
				{Key: optionRetry, Text: "Try again"},
				{Key: optionMemory, Text: "Go on in memory only", Note: "what is in the keyring stays as it is"},
				{Key: optionLeave, Text: "Leave", Note: "what was answered since the last save is lost"},
			},
		})
		switch {
		case errors.Is(chose, ErrBack), chose == nil && picked == optionLeave:
			return fmt.Errorf("keeping the setup: %w", err)
		case chose != nil:
			return chose
		case picked == optionMemory:
			s.Store, s.memory = s.Memory(), true
			s.setup.Revision = ""
		}
	}
}

// applyGiven puts answers from the command line into the setup.
func (s *session) applyGiven(g Given) error {
	if g.Mailbox != "" {
		if v := addressShape(g.Mailbox, Answers{}); v.State != Right {
			return fmt.Errorf("--mailbox %s: %s", g.Mailbox, v.Text)
		}
		s.changeMailbox(g.Mailbox)
	}
	if g.PALURL != "" {
		u, err := parsePALURL(g.PALURL)
		if err != nil {
			return fmt.Errorf("--pal-url %s: %w", g.PALURL, err)
		}
		s.setup.PALURL = u
	}
	for _, id := range []struct {
		flag, text string
		set        func(string)
	}{{"--tenant-id", g.TenantID, s.changeTenant}, {"--client-id", g.ClientID, s.changeApp}} {
		if id.text == "" {
			continue
		}
		guid, ok := m365.ParseGUID(id.text)
		if !ok {
			return fmt.Errorf("%s %s: not an ID", id.flag, id.text)
		}
		id.set(guid)
	}
	if s.Cloud != nil && s.cloud() != *s.Cloud {
		if s.setup.Cloud != "" {
			s.forgetApp()
		}
		s.setCloud(*s.Cloud)
	}
	return nil
}
