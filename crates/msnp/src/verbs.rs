//! The macro that declares the enums of verbs.

/// Declares an enum of verbs. Each entry gives a variant and its word on the wire.
macro_rules! verbs {
    ($(#[doc = $about:literal])+ $type:ident { $($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $type {
            $($(#[doc = $doc])+ $name,)+
        }

        impl $type {
            /// All verbs.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Returns the verb as written on the wire.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// Returns the verb that a word names. Case matters.
            #[must_use]
            pub fn from_word(word: &[u8]) -> Option<Self> {
                Self::ALL.iter().copied().find(|verb| verb.word().as_bytes() == word)
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

pub(crate) use verbs;
