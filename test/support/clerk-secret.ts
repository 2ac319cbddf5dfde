/** The secret key that the stand-in for Clerk takes. */
export const clerkSecretKey = "sk_test_stand_in_0123456789";
