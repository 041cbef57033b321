//! The kinds of MSNObjects.

/// The kind of an MSNObject: its attribute `Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// 2: a custom emoticon.
    Emoticon,
    /// 3: a display picture.
    Picture,
    /// 5: a background of the conversation window.
    Background,
    /// 7: a dynamic display picture.
    DynamicPicture,
    /// 8: a wink.
    Wink,
    /// 11: a voice clip.
    VoiceClip,
    /// Any other number.
    Other(u32),
}

impl ObjectKind {
    const NAMED: [Self; 6] =
        [Self::Emoticon, Self::Picture, Self::Background, Self::DynamicPicture, Self::Wink, Self::VoiceClip];

    /// Returns the number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Emoticon => 2,
            Self::Picture => 3,
            Self::Background => 5,
            Self::DynamicPicture => 7,
            Self::Wink => 8,
            Self::VoiceClip => 11,
            Self::Other(number) => number,
        }
    }

    /// Returns the kind that a number stands for.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        Self::NAMED.into_iter().find(|kind| kind.number() == number).unwrap_or(Self::Other(number))
    }
}
