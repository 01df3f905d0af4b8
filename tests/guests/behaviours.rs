//! Everything the hostile guests do. Guests and tests include this one file: the guests match it to act, the tests match
//! it to name the test that says what the host answers. One more line here does not compile until both know it.

macro_rules! behaviours {
    ($(#[$doc:meta])* $kind:ident { $($(#[$what:meta])* $name:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $($(#[$what])* $name,)* }

        impl $kind {
            /// All of them.
            #[allow(dead_code, reason = "only the tests list them")]
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word in the configuration.
            #[allow(dead_code, reason = "only the tests write it")]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The behaviour of a word.
            #[allow(dead_code, reason = "only the guests read it")]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|behaviour| behaviour.word() == word)
            }
        }
    };
}

behaviours! {
    /// What the policy does.
    Policy {
        /// Allows: the control.
        Honest = "honest",
        /// Computes for ever.
        Spin = "spin",
        /// Calls the host for ever.
        SpinAroundLog = "spin-around-log",
        /// Computes for ever in `configure`.
        SpinInConfigure = "spin-in-configure",
        /// Calls itself for ever.
        Recurse = "recurse",
        /// Wants all memory at once.
        GrowAtOnce = "grow-at-once",
        /// Wants all memory, little by little.
        GrowStepwise = "grow-stepwise",
        /// One text of many megabytes.
        LargeText = "large-text",
        /// As many reasons as there is memory for.
        ManyReasons = "many-reasons",
        /// Writes lines for ever, nearly.
        FloodLog = "flood-log",
        /// One log line of megabytes of control characters.
        LongLine = "long-line",
        /// Log lines that look like other lines.
        ForgeLines = "forge-lines",
        /// Panics with a text.
        Panic = "panic",
        /// Panics with escape sequences in its text.
        PanicEscapes = "panic-escapes",
        /// Panics in `configure`.
        PanicInConfigure = "panic-in-configure",
        /// Escape sequences, HTML and workflow commands in every text of the verdict.
        Escapes = "escapes",
        /// Gives a reason about a component that is not there.
        UnknownComponent = "unknown-component",
        /// A summary and properties far longer than anyone reads.
        LongTexts = "long-texts",
        /// Counts its calls in memory and answers by the count.
        Remember = "remember",
        /// Says that the run was cancelled.
        LieCancelled = "lie-cancelled",
        /// Asks whether the run was cancelled until it was, and answers then: the control.
        AskCancelled = "ask-cancelled",
        /// Computes on for ever, whether or not the run was cancelled.
        IgnoreCancelled = "ignore-cancelled",
        /// An error with escape sequences.
        ErrorEscapes = "error-escapes",
    }
}

behaviours! {
    /// What the policy does that speaks 0.2, and so sees what others said.
    Judge {
        /// Tells all that it is shown: the control.
        Honest = "honest",
        /// Allows what the policy before it denied.
        LiftDenial = "lift-denial",
        /// Words its verdict as if it were the gate's.
        ForgeVerdict = "forge-verdict",
        /// A verdict as long as the host takes, for the policies after it to read.
        LongVerdict = "long-verdict",
        /// Escape sequences, HTML and workflow commands in every text of the verdict.
        Escapes = "escapes",
    }
}

behaviours! {
    /// What the generator does.
    Generator {
        /// One component: the control.
        Honest = "honest",
        /// Opens paths that leave the root, and reports what it read.
        OpenOutside = "open-outside",
        /// Opens every symbolic link, and reports what it read.
        OpenLinks = "open-links",
        /// Reads before, at and after the end of a file.
        ReadBeyond = "read-beyond",
        /// Reads one byte for ever.
        SpinAroundRead = "spin-around-read",
        /// Opens files and keeps them.
        HoardHandles = "hoard-handles",
        /// Uses a handle it was never given.
        ForgeHandle = "forge-handle",
        /// Drops a handle twice.
        DoubleDrop = "double-drop",
        /// Globs made to cost.
        GlobBombs = "glob-bombs",
        /// A text that is no purl, with an escape sequence in it.
        BadPurl = "bad-purl",
        /// A licence expression that is none.
        BadLicence = "bad-licence",
        /// A digest that is no hex.
        BadDigest = "bad-digest",
        /// A component found at `../../etc/passwd`.
        LocationOutside = "location-outside",
        /// An account of `/etc/passwd`.
        FileOutside = "file-outside",
        /// Two components with one id.
        DuplicateIds = "duplicate-ids",
        /// Relations between components that are not there.
        DanglingRelations = "dangling-relations",
        /// Escape sequences and line breaks in names, versions and kinds.
        Escapes = "escapes",
        /// No account of what became of the file.
        NoAccount = "no-account",
        /// As many components as there is memory for.
        ManyComponents = "many-components",
    }
}

behaviours! {
    /// What the scanner does.
    Scanner {
        /// One finding for each component: the control.
        Honest = "honest",
        /// A score that is not a number.
        NanScore = "nan-score",
        /// A score beyond all numbers.
        InfiniteScore = "infinite-score",
        /// A finding about a component that was not asked about.
        UnknownComponent = "unknown-component",
        /// A finding without a rule.
        EmptyRule = "empty-rule",
        /// A proof at `../../etc/passwd`.
        ProofOutside = "proof-outside",
        /// A finding of its own that claims a suppressed id as alias.
        AliasOfSuppressed = "alias-of-suppressed",
        /// A finding that copies title, place and discriminator of a suppressed one, under a rule of its own.
        CopySuppressed = "copy-suppressed",
        /// Rates what others rated, as nothing.
        RateDown = "rate-down",
        /// Escape sequences, HTML and workflow commands in every text.
        Escapes = "escapes",
        /// As many findings as there is memory for.
        ManyFindings = "many-findings",
        /// Asks the advisory engine for nonsense.
        Nonsense = "nonsense",
    }
}

behaviours! {
    /// What the client does: a scanner with an endpoint.
    Client {
        /// Asks its endpoint, and reports the answer: the control.
        Honest = "honest",
        /// Asks a label that nobody bound.
        UnboundLabel = "unbound-label",
        /// Asks an endpoint by the operator's name for it.
        OperatorsName = "operators-name",
        /// Asks for paths that leave the endpoint's base, or its host.
        EscapePath = "escape-path",
        /// Sends header fields that carry authority or end a message.
        ForbiddenHeaders = "forbidden-headers",
        /// Uses methods that the endpoint does not allow, and what is no method.
        ForbiddenMethods = "forbidden-methods",
        /// Is redirected to an origin that the endpoint does not list.
        RedirectAway = "redirect-away",
        /// Asks an endpoint whose name leads to a private address.
        AskPrivate = "ask-private",
        /// Asks for a body without end.
        EndlessBody = "endless-body",
        /// Waits for a server that never answers.
        Wait = "wait",
        /// Asks for ever.
        SpinAroundSends = "spin-around-sends",
        /// Has the server send its credential back.
        Echo = "echo",
    }
}

behaviours! {
    /// What the signer does.
    Signer {
        /// Signs what it was asked to sign: the control.
        Honest = "honest",
        /// Signs what it was asked to sign, and answers only once the run was cancelled.
        AskCancelled = "ask-cancelled",
        /// Opens a label that nobody bound.
        UnboundLabel = "unbound-label",
        /// Opens a key by the operator's name for it.
        OperatorsName = "operators-name",
        /// Has a subject signed that is not part of the run.
        ForeignSubject = "foreign-subject",
        /// Has a predicate type signed that was not asked for.
        ForeignPredicate = "foreign-predicate",
        /// Has its own predicate signed under the type that was asked for, and logs it.
        ForgePredicate = "forge-predicate",
        /// Has a predicate signed that is no JSON.
        BadPredicate = "bad-predicate",
        /// Has a statement about nothing signed.
        NoSubjects = "no-subjects",
        /// Has the files signed that it was not asked to sign, and logs the signature.
        SignUnasked = "sign-unasked",
        /// Returns the signature of one file under the name of another.
        SwapSubjects = "swap-subjects",
        /// Returns nothing.
        Nothing = "nothing",
        /// Returns bytes that are no bundle.
        Garbage = "garbage",
        /// Returns the bytes of its configuration: a signature by another key.
        Replay = "replay",
        /// Names a file outside the folder.
        NameOutside = "name-outside",
        /// Names a file that others read as something else.
        NameTaken = "name-taken",
        /// Returns everything twice.
        Twice = "twice",
        /// Cuts a field out of what a key and its witnesses signed: what its configuration names, and what begins with that.
        LeaveOut = "leave-out",
        /// Opens its key and keeps it, again and again.
        HoardKeys = "hoard-keys",
        /// Escape sequences, HTML and workflow commands in its log and in its error.
        Escapes = "escapes",
    }
}

behaviours! {
    /// What the generator does that runs programs.
    Adapter {
        /// Runs its program on the subject: the control.
        Honest = "honest",
        /// Runs programs by labels that nobody bound.
        UnboundLabel = "unbound-label",
        /// Runs a program by the operator's name for it.
        OperatorsName = "operators-name",
        /// Asks for command lines that the operator did not write.
        UnknownProfile = "unknown-profile",
        /// Gives values that would be options, lines, commands or further arguments.
        InjectArguments = "inject-arguments",
        /// Runs a program that leaves a process in the background.
        ForkAndLinger = "fork-and-linger",
        /// Runs a program that looks for files, the network and an environment.
        LookAround = "look-around",
        /// Runs a program that writes for ever.
        FloodOutput = "flood-output",
        /// Runs a program that sleeps.
        SleepBeyondDeadline = "sleep-beyond-deadline",
        /// Keeps executions.
        HoardExecutions = "hoard-executions",
        /// Reads what a program wrote after letting go of the execution.
        KeepOutput = "keep-output",
    }
}
