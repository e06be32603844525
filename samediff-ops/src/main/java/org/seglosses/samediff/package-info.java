/** Where ND4J's backend is asked about; the losses, ops and plans have packages of their own. */
package org.seglosses.samediff;
